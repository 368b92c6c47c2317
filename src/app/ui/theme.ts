/** The look: the library's defaults with one accent colour, and greys that keep the contrast of WCAG AA in both schemes. */

import { type CSSVariablesResolver, createTheme } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 8, dark: 8 },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  fontFamilyMonospace:
    "ui-monospace, 'Cascadia Code', 'JetBrains Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  defaultRadius: "sm",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    // Initials in the tint that their name gives would be too pale for some names.
    Avatar: { vars: () => ({ root: { "--avatar-color": "var(--mantine-color-text)" } }) },
    // In a dialog a <header> would count as a second one of the page.
    ModalHeader: { defaultProps: { component: "div" } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#545b62",
    "--mantine-color-placeholder": "#6b7177",
    "--mantine-color-error": "#c92a2a",
  },
  dark: {
    "--mantine-color-dimmed": "#a8acb1",
    "--mantine-color-placeholder": "#969aa0",
    "--mantine-color-error": "#ff8787",
  },
});
