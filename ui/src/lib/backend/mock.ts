export const mock = (_: string): never => {
  throw new Error("soon");
};
