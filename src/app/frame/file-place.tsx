/** The place of a path: a folder's list where it ends in a slash or is empty, else the file. */

import { useMatch, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { pathOfSplat, splatOf } from "../core/file-address.ts";
import { FileView } from "../features/files/file-view.tsx";
import { FilesPage } from "../features/files/files-page.tsx";
import { Waiting } from "../ui/waiting.tsx";

const EditorPage = lazy(() =>
  import("../features/editor/editor-page.tsx").then(({ EditorPage }) => ({ default: EditorPage })),
);

export function FilePlace() {
  const { projectId, path, isFolder } = usePlace();
  const navigate = useNavigate();
  if (isFolder) return <FilesPage key={path} path={path} />;
  const toFolder = () =>
    void navigate({
      to: "/projects/$projectId/files/$",
      params: { projectId, _splat: splatOf(`${path}/`) },
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

/** All of this one match: the address of the page is already that of the next one while this one is left, and would make a folder of its file. */
function usePlace() {
  const {
    projectId = "",
    _splat = "",
    isFolder,
  } = useMatch({
    strict: false,
    select: ({ params, context }) => ({
      ...params,
      isFolder: "isFolder" in context && context.isFolder,
    }),
    structuralSharing: true,
  });
  return { projectId, path: pathOfSplat(_splat.replace(/\/+$/, "")), isFolder: _splat === "" || isFolder };
}
