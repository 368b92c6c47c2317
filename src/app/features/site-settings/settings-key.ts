/** Under which key the list of settings is kept between renderings. */

export const SETTINGS_KEY = ["site-settings"];
