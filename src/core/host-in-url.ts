/** Addresses of machines in URLs. */

/** An address as it stands in an origin: http://10.0.0.1, http://[::1]. */
export function hostInUrl(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
