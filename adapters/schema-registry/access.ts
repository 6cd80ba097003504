/** Where a registry is, and as whom it is asked. */
export interface RegistryAccess {
  /** For instance `http://127.0.0.1:18081/apis/ccompat/v7`. */
  readonly url: string;
  /** Value of the header `authorization`, asked for with each request, so that a secret may be changed meanwhile. */
  readonly authorization?: () => string;
  /** Whom to believe, and who we are, where the URL is https; PEM. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}
