export function newerNode(root: string): string | undefined;
