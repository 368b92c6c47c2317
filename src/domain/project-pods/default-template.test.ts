import { expect, test } from "@jest/globals";
import { processConfig } from "../../boot/process-config.ts";
import { parseSoftware } from "../software/software.ts";
import { defaultConfigMaps, defaultPodTemplate } from "./default-template.ts";
import { parseTemplate } from "./template.ts";

const offered = {
  default: "one",
  environments: { one: { title: "One", registry: "registry.example.org/one", tag: "1" } },
};

test("what an installation starts with is what is read from it", () => {
  const maps = defaultConfigMaps(offered);
  expect(parseTemplate(maps["project-pod"])).toEqual(defaultPodTemplate);
  expect(parseSoftware(maps["project-image"])).toMatchObject(offered);
});

test("a project's pod is given longer than its server takes for stopping", () => {
  const { stopSeconds } = processConfig.parse({});
  expect(defaultPodTemplate.spec.terminationGracePeriodSeconds).toBeGreaterThan(stopSeconds);
});

test("a project's pod is one container that may do nothing", () => {
  const { spec } = defaultPodTemplate;
  expect(spec.containers).toHaveLength(1);
  expect(spec).not.toHaveProperty("initContainers");
  expect(spec).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
  expect(spec.containers[0]).toMatchObject({
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  });
});
