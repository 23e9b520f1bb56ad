export function newerNode(): string | undefined;
