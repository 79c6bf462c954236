export * from './closest.js';
export * from './config.js';
export * from './config.module.js';
export * from './page.js';
export { ROLES, VARIABLES, type Role, type VariableName } from './variables.js';
