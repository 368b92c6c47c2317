/** The settings of a project, part by part. */

import { Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { whyNot } from "../../../protocol/project-rights.ts";
import { mayIn } from "../../core/project-view.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { AboutForm } from "./about-form.tsx";
import { DangerZone } from "./danger-zone.tsx";
import { EnvironmentForm } from "./environment-form.tsx";
import { ImageForm } from "./image-form.tsx";
import { QuotaView } from "./quota-view.tsx";

export function SettingsPage() {
  const { project } = useProject();
  const mayConfigure = mayIn(project, useStore(useApp().hub.account), "configure");
  return (
    <div className="page settings">
      <Title order={1} size="h2">
        Settings
      </Title>
      {!mayConfigure && (
        <Text size="sm">
          {whyNot("viewer", "configure")}{" "}
          <Link to="/projects/$projectId/members" params={{ projectId: project.project_id }}>
            Who they are
          </Link>
        </Text>
      )}
      <fieldset disabled={!mayConfigure} className="settings-parts">
        <AboutForm key={`about-${project.project_id}`} />
        <ImageForm />
        <QuotaView />
        <EnvironmentForm />
      </fieldset>
      <DangerZone />
    </div>
  );
}
