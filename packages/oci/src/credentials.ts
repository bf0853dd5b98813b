/** How somebody proves to a registry who they are. */
export type Credentials =
  /** User name and password (or an access token used as one). */
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, exchanged at the registry's token service for each repository. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** A token sent to the registry as it is. */
  | { readonly kind: 'registry-token'; readonly token: string };

/**
 * Credentials for everything, or a search by registry and repository: answers the candidates, most fitting first; an empty
 * list means anonymous. {@link dockerConfigAuth} makes such a search.
 */
export type Auth = Credentials | ((registry: string, repository: string) => readonly Credentials[]);

/** The candidates for one repository. */
export function candidates(auth: Auth | undefined, registry: string, repository: string): readonly Credentials[] {
  if (auth === undefined) return [];
  return typeof auth === 'function' ? auth(registry, repository) : [auth];
}
