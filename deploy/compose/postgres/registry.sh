#!/bin/sh
# Run by the image at the first start: the registry gets a role and a database of its own.
set -eu
password="$(sed -n 's/^REGISTRY_DATASOURCE_PASSWORD=//p' /run/secrets/registry.properties)"
psql --set=ON_ERROR_STOP=1 --set=password="$password" --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE registry LOGIN PASSWORD :'password';
CREATE DATABASE registry OWNER registry;
SQL
