/** The settings of a project, part by part. */

import { Title } from "@mantine/core";
import { useProject } from "../../ui/app-context.ts";
import { AboutForm } from "./about-form.tsx";
import { DangerZone } from "./danger-zone.tsx";
import { EnvironmentForm } from "./environment-form.tsx";
import { ImageForm } from "./image-form.tsx";
import { QuotaView } from "./quota-view.tsx";

export function SettingsPage() {
  const { project } = useProject();
  return (
    <div className="page settings">
      <Title order={1} size="h2">
        Settings
      </Title>
      <AboutForm key={`about-${project.project_id}`} />
      <ImageForm />
      <QuotaView />
      <EnvironmentForm />
      <DangerZone />
    </div>
  );
}
