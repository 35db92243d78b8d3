/** Short names of the shapes that REST speaks, as the head describes them. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Job = Schemas["JobView"];
export type JobState = Schemas["JobState"];
export type Share = Schemas["ShareView"];
export type Attempt = Schemas["AttemptView"];
export type Worker = Schemas["WorkerView"];
export type Gpu = Schemas["GpuView"];
export type FleetEvent = Schemas["EventView"];
export type Checkpoint = Schemas["CheckpointView"];
export type LogLine = Schemas["LogLine"];
export type Series = Schemas["Series"];
export type Why = Schemas["WhyView"];
export type Plan = Schemas["PlanView"];
export type Eta = Schemas["EtaView"];
export type JobFile = Schemas["JobFile"];
export type Me = Schemas["MeView"];
export type Problem = Schemas["Problem"];
