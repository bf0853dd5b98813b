/** What an installation lets its users do. */
export interface AdmissionPolicy {
  /** Whether training data may be fetched from loopback, link-local and private addresses. Default `refuse`; a test bed allows it. */
  readonly privateDataUrls?: 'refuse' | 'allow';
}
