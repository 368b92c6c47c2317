/** The frame of one project: rail, tabs, the page, the status bar; and the page of the start while the project does not run. */

import { Outlet, useParams, useRouterState } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import type { ProjectSummary } from "../../protocol/project.ts";
import { stateWord } from "../core/project-view.ts";
import { UploadQuestion } from "../features/files/upload-question.tsx";
import { EndingLicense } from "../features/project/ending-license.tsx";
import { MemoryNotice } from "../features/project/memory-notice.tsx";
import { OpenPort } from "../features/project/open-port.tsx";
import { useProjectCommands } from "../features/project/project-commands.ts";
import { Rail } from "../features/project/rail.tsx";
import { StatusBar } from "../features/project/status-bar.tsx";
import { TabBar } from "../features/project/tab-bar.tsx";
import { useTouch } from "../features/project/use-touch.ts";
import { RescueBanner } from "../features/start/rescue.tsx";
import { StartPage } from "../features/start/start-page.tsx";
import { StoppedNotice } from "../features/start/stopped-notice.tsx";
import { ProjectContext, useApp, useNow, useSelected, useStore } from "../ui/app-context.ts";
import { Problem } from "../ui/problem.tsx";
import { Waiting } from "../ui/waiting.tsx";
import { useFetchAhead } from "./fetch-ahead.ts";
import { useAskAgain } from "./use-ask-again.ts";
import { useFollowMoves } from "./use-follow-moves.ts";
import { useKept } from "./use-kept.ts";
import { useToldWhoEnded } from "./use-told-who-ended.ts";

export function ProjectFrame() {
  const { projectId = "" } = useParams({ strict: false });
  const { hub } = useApp();
  const project = useSelected(hub.projects, (all) => all.get(projectId));
  const listed = useStore(hub.listed);
  const [missing, setMissing] = useState<string>();
  const known = project !== undefined; // who is removed while the page is open is told why it closes
  useEffect(() => {
    setMissing(undefined);
    if (listed) hub.look(projectId).catch((error: Error) => !known && setMissing(error.message));
  }, [hub, listed, projectId, known]);
  if (project !== undefined) return <ProjectInFrame key={projectId} project={project} />;
  return (
    <main id="content" className="page">
      {missing === undefined ? (
        <Waiting>Opening the project …</Waiting>
      ) : (
        <Problem title="This project cannot be opened" details={missing}>
          It may have been deleted, or you are not among its members. Ask whoever gave you the address to add you, or go
          back to your projects.
        </Problem>
      )}
    </main>
  );
}

function ProjectInFrame({ project }: { project: ProjectSummary }) {
  const app = useApp();
  const open = useMemo(() => app.project(project.project_id), [app, project.project_id]);
  const state = stateWord(project, useNow(5_000));
  const running = state === "running";
  const needsServer = useRouterState({
    select: ({ matches }) => /\/(files|terminal|trash)(\/|$)/.test(matches.at(-1)?.pathname ?? ""), // of the page that is shown, as above the address may be of the next
  });
  const [everRan, setEverRan] = useState(running);
  useEffect(() => {
    if (running) {
      setEverRan(true);
      open.connection.open();
    } else open.connection.rest();
  }, [running, open]);
  useEffect(() => () => open.connection.leave(), [open]);
  useKept(open);
  useFollowMoves(open);
  useToldWhoEnded(project, open);
  useProjectCommands(project, open);
  useTouch(project.project_id, running);
  useFetchAhead(running);
  useAskAgain(useStore(open.connection.status) === "online");
  useEffect(() => {
    document.title = `${project.title} – CoCalc`;
  }, [project.title]);
  const place = useMemo(() => ({ project, open }), [project, open]);
  const showPlace = !needsServer || running || (everRan && !project.deleted);
  return (
    <ProjectContext value={place}>
      <div className="project">
        <Rail />
        <div className="work">
          <TabBar />
          <main id="content" className="place" tabIndex={-1}>
            <EndingLicense />
            <RescueBanner />
            <MemoryNotice />
            {needsServer && !running && showPlace && <StoppedNotice />}
            {showPlace ? <Outlet /> : <StartPage />}
          </main>
          <StatusBar state={state} />
        </div>
        <OpenPort />
        <UploadQuestion uploads={open.uploads} />
      </div>
    </ProjectContext>
  );
}
