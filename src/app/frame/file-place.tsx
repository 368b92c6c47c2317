/** The place of a path: a folder's list where it ends in a slash or is empty, else the file. */

import { useNavigate, useParams, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { pathOfSplat, splatOf } from "../core/file-address.ts";
import { FileView } from "../features/files/file-view.tsx";
import { FilesPage } from "../features/files/files-page.tsx";
import { Waiting } from "../ui/waiting.tsx";

const EditorPage = lazy(() =>
  import("../features/editor/editor-page.tsx").then(({ EditorPage }) => ({ default: EditorPage })),
);

export function FilePlace() {
  const { _splat = "" } = useParams({ strict: false }) as { _splat?: string }; // routes are not registered as types
  const navigate = useNavigate();
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  const { projectId = "" } = useParams({ strict: false }) as { projectId?: string };
  const isFolder = _splat === "" || pathname.endsWith("/");
  const path = pathOfSplat(_splat.replace(/\/+$/, ""));
  if (isFolder) return <FilesPage key={path} path={path} />;
  const toFolder = () =>
    void navigate({
      to: "/projects/$projectId/files/$",
      params: { projectId, _splat: splatOf(`${path}/`) } as never,
      replace: true,
    });
  return (
    <FileView key={path} path={path} onFolder={toFolder}>
      <Suspense fallback={<Waiting>Loading the editor …</Waiting>}>
        <EditorPage path={path} />
      </Suspense>
    </FileView>
  );
}
