/** Under which keys what is known of licences is kept between renderings: all of it begins with the first. */

export const LICENSES_KEY = ["licenses"] as const;
export const licenseKey = (licenseId: string) => [...LICENSES_KEY, "one", licenseId] as const;
export const licensedProjectsKey = (licenseId: string) => [...LICENSES_KEY, "projects", licenseId] as const;
export const usageKey = (licenseId: string) => [...LICENSES_KEY, "usage", licenseId] as const;
