/** The settings of a project, part by part. */

import { Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { whyNot } from "../../../protocol/project-rights.ts";
import { mayIn } from "../../core/project-view.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { useProjectQuota } from "../../ui/use-project-quota.ts";
import { AboutForm } from "./about-form.tsx";
import { AdminQuotas } from "./admin-quotas.tsx";
import { DangerZone } from "./danger-zone.tsx";
import { EnvironmentForm } from "./environment-form.tsx";
import { ImageForm } from "./image-form.tsx";
import { ProjectLicenses } from "./project-licenses.tsx";
import { QuotaView } from "./quota-view.tsx";
import { RescueForm } from "./rescue-form.tsx";

export function SettingsPage() {
  const { project } = useProject();
  const account = useStore(useApp().hub.account);
  const mayConfigure = mayIn(project, account, "configure");
  const { data: quota, error, refetch } = useProjectQuota();
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
        <QuotaView quota={quota} />
        {error !== null && quota === undefined && (
          <Problem title="Its licences and parts cannot be shown" onRetry={() => void refetch()}>
            {wordsOf(error)}
          </Problem>
        )}
        {quota !== undefined && <ProjectLicenses quota={quota} />}
        <EnvironmentForm />
        <RescueForm />
      </fieldset>
      {account?.is_admin && quota !== undefined && <AdminQuotas key={project.project_id} quota={quota} />}
      <DangerZone />
    </div>
  );
}
