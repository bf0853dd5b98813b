/** What an installation lets its users do. */
export interface AdmissionPolicy {
  /** Whether training data may be fetched from loopback, link-local and private addresses. Default `refuse`; a test bed allows it. */
  readonly privateDataUrls?: 'refuse' | 'allow';
  /** Whether pods and volumes that users write may reach the node itself: host paths, host namespaces, privileged containers. Default `refuse`. */
  readonly nodeAccess?: 'refuse' | 'allow';
  /**
   * What `resource.labelSelector` does. `make` (default): nodes are made with these labels, so none may be one that means something to the
   * cluster. `find`: they choose among nodes that are there.
   */
  readonly nodeLabels?: 'make' | 'find';
}
