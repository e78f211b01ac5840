// What any process that answers over standard input and output costs on this machine: it sends back what it gets.
process.stdin.on("data", (bytes) => process.stdout.write(bytes));
