/** What runs in a project and who is there: `GET <base>/<project_id>/api/running` → ProjectRunning, for whoever is about to end it. */

export interface ProjectRunning {
  /** Who has a page of the project open. */
  people: { account_id: string; name: string }[];
  /** What people started, by its command; shells that wait for a command are none. */
  programs: string[];
  /** How many more of them there are. */
  morePrograms: number;
}
