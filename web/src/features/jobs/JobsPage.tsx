export { JobsPage as Component } from "./Jobs";
