/** All that the app holds for as long as its page lives: the site, the hub, and the projects that were opened. No React. */

import type { Move } from "../../protocol/moved-path.ts";
import { sharedText } from "../../text/shared-content.ts";
import { type Api, openApi } from "./api.ts";
import { askBeforeLeaving } from "./ask-before-leaving.ts";
import { Commands } from "./commands.ts";
import { browserKeeper, type DocumentKeeper } from "./document-keeper.ts";
import type { Ending } from "./ending.ts";
import { HubConnection } from "./hub.ts";
import { OpenDocuments } from "./open-documents.ts";
import { PasswordQuestion } from "./password-question.ts";
import { ProjectConnection } from "./project-connection.ts";
import { ProjectFiles } from "./project-files.ts";
import { isOffline, RequestError } from "./request-error.ts";
import { hubSocketPath, projectSocketPath, type Site, signInAddress, siteOfPage } from "./site.ts";
import { Store } from "./store.ts";
import { Tabs } from "./tabs.ts";
import { UploadSender } from "./upload-sender.ts";
import { Uploads } from "./uploads.ts";

/** A project that is open in this page. */
export interface OpenProject {
  projectId: string;
  connection: ProjectConnection;
  documents: OpenDocuments;
  files: ProjectFiles;
  uploads: Uploads;
  tabs: Tabs;
  /** What was last moved, by whomever: addresses follow. */
  moved: Store<Move | undefined>;
  /** Counts up when files changed by this page's doing: lists look again. */
  filesChanged: Store<number>;
  /** The question which web server to open is shown. */
  askingPort: Store<boolean>;
  /** Who ended the project, in words, where it was somebody else. */
  endedBy: Store<string | undefined>;
}

export interface App {
  site: Site;
  api: Api;
  hub: HubConnection;
  commands: Commands;
  /** What is about to end a project, and asked about. */
  ending: Store<Ending | undefined>;
  /** Asked before what is dangerous. */
  passwordQuestion: PasswordQuestion;
  /** Opens a project's connection and files, once. */
  project(projectId: string): OpenProject;
  /** Goes to the page to sign in, which leads back here. */
  signIn(): void;
  /** Runs an act that ends this session, and goes to the site's front page. @throws what the act does; then the session goes on. */
  leave(act: () => Promise<unknown>): Promise<void>;
}

/** Opens the app on its page. */
export function openApp(page: Document): App {
  const site = siteOfPage(page);
  let isLeaving = false;
  const signIn = () => {
    if (isLeaving) return; // the hub tells of the end before the answer does
    const { pathname, search, hash } = page.location;
    page.location.assign(signInAddress(site, pathname + search + hash));
  };
  const leave = async (act: () => Promise<unknown>) => {
    isLeaving = true;
    try {
      await act();
      page.location.assign(`${site.base}/`);
    } catch (error) {
      isLeaving = false;
      throw error;
    }
  };
  const passwordQuestion = new PasswordQuestion();
  const api = openApi(site, { onSignedOut: signIn, confirmPassword: () => passwordQuestion.ask() });
  const hub = new HubConnection({
    path: hubSocketPath(site),
    onSignedOut: signIn,
    signedIn: () => isSignedIn(api),
  });
  const keeper = browserKeeper("cocalc-documents");
  const open = new Map<string, OpenProject>();
  const project = (projectId: string) => {
    const known = open.get(projectId) ?? openProject(site, projectId, keeper);
    open.set(projectId, known);
    return known;
  };
  return {
    site,
    api,
    hub,
    commands: new Commands(),
    ending: new Store<Ending | undefined>(undefined),
    passwordQuestion,
    project,
    signIn,
    leave,
  };
}

function openProject(site: Site, projectId: string, keeper: DocumentKeeper): OpenProject {
  const filesChanged = new Store(0);
  const connection = new ProjectConnection({ path: projectSocketPath(site, projectId) });
  const files = new ProjectFiles(site, projectId);
  const exists = (path: string) =>
    files.stat(path).then(
      () => true,
      () => false,
    );
  const uploads = new Uploads(new UploadSender(files), () => filesChanged.update((count) => count + 1));
  askBeforeLeaving(globalThis.window, uploads.list);
  const tabs = new Tabs(projectId, globalThis.localStorage);
  const moved = new Store<Move | undefined>(undefined);
  const onMoved = (move: Move) => {
    tabs.renamed(move);
    moved.set({ ...move }); // the same one may come again
  };
  connection.on("files_moved", onMoved);
  return {
    projectId,
    connection,
    documents: new OpenDocuments({ connection, keeper, content: sharedText, exists, tabs, onMoved }),
    files,
    uploads,
    tabs,
    moved,
    filesChanged,
    askingPort: new Store(false),
    endedBy: new Store<string | undefined>(undefined),
  };
}

/** A cheap question that only a signed-in browser is answered; undefined when nobody answers. */
async function isSignedIn(api: Api): Promise<boolean | undefined> {
  try {
    await api("accounts/profile", {});
    return true;
  } catch (error) {
    if (isOffline(error)) return undefined;
    return error instanceof RequestError && error.code === "unauthenticated" ? false : undefined;
  }
}
