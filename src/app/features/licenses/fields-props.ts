/** What each group of a licence's fields is given. */

import type { formProblems, LicenseForm } from "../../core/license-form.ts";

export interface FieldsProps {
  form: LicenseForm;
  problems: ReturnType<typeof formProblems>;
  set: (change: Partial<LicenseForm>) => void;
}
