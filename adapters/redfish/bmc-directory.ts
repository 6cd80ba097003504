/** Where one machine's BMC is. */
export interface BmcAddress {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** For instance `/redfish/v1/Systems/1`. */
  readonly systemPath: string;
  readonly username?: string;
  readonly password?: string;
}

/** How BMCs are found: by node key, else by a template of the cluster, else of all; with `{cluster}` and `{node}`. */
export interface BmcDirectory {
  readonly byNode: Readonly<Record<string, BmcAddress>>;
  readonly byCluster?: Readonly<Record<string, BmcAddress>>;
  readonly template?: BmcAddress;
}

/** The BMC of a node (key `<cluster>/<node>`), if it has one. */
export function bmcAddressOf(directory: BmcDirectory, node: string): BmcAddress | undefined {
  const own = directory.byNode[node];
  const slash = node.indexOf('/');
  const template = directory.byCluster?.[node.slice(0, slash)] ?? directory.template;
  if (own !== undefined || template === undefined) return own;
  const fill = (text: string, encode: (part: string) => string): string =>
    text
      .replaceAll('{cluster}', encode(node.slice(0, slash)))
      .replaceAll('{node}', encode(node.slice(slash + 1)));
  return {
    ...template,
    baseUrl: fill(template.baseUrl, (part) => part),
    systemPath: fill(template.systemPath, encodeURIComponent),
  };
}
