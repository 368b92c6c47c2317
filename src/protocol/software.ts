/** `software.json` of the ConfigMap `project-image`: the environments a project may run in, of the shape of `global.software`. */

import { z } from "zod";

export const softwareEnvironment = z.object({
  title: z.string(),
  descr: z.string().default(""),
  /** Tag of the image, also the pod's label `project_tag`. */
  tag: z.string(),
  /** The image without its tag, such as registry.example.org/project. */
  registry: z.string(),
  group: z.string().default(""),
  order: z.number().default(0),
  hidden: z.boolean().default(false),
});
export type SoftwareEnvironment = z.infer<typeof softwareEnvironment>;

export const software = z
  .object({
    default: z.string(),
    groups: z.array(z.string()).default([]),
    environments: z.record(z.string(), softwareEnvironment),
  })
  .refine((value) => value.default in value.environments, {
    message: "`default` must name one of `environments`",
    path: ["default"],
  });
export type Software = z.infer<typeof software>;
