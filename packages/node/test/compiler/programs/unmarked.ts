console.log(((n: number): number => n + 1)(1))
