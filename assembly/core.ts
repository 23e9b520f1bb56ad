export * from './dense';
export * from './tensor';
