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
  /** Name of the pool of machines that projects with it run on, unless the project or a licence names one. */
  pool: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, "must be what a label of a node may hold")
    .optional(),
});
export type SoftwareEnvironment = z.infer<typeof softwareEnvironment>;

export const software = z
  .object({
    default: z.string(),
    groups: z.array(z.string()).default([]),
    environments: z.record(z.string(), softwareEnvironment),
    /** The environment of projects in rescue mode; absent: the default one. */
    rescue: z.string().optional(),
  })
  .refine((value) => value.default in value.environments, {
    message: "`default` must name one of `environments`",
    path: ["default"],
  })
  .refine(({ rescue, environments }) => rescue === undefined || rescue in environments, {
    message: "`rescue` must name one of `environments`",
    path: ["rescue"],
  });
export type Software = z.infer<typeof software>;
