export * from './calendar.js';
export * from './quantity.js';
export * from './terms.js';
