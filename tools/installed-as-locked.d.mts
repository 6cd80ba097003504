interface Packages {
  readonly packages: Readonly<Record<string, object>>;
}

export function isInstalledAsLocked(lock: Packages, installed: Packages): boolean;
