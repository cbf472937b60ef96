using SmtpTls.Benchmarks;

// Without arguments: everything, in the order of the table in docs/benchmarks.md.
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

var verb = args.Length > 0 ? args[0] : "all";
switch (verb)
{
    case "serve":
        return await ServeCommand.RunAsync(args[1..], stop.Token);
    case "throughput":
        return await ThroughputBenchmark.RunAsync(stop.Token);
    case "pipelined":
        return await PipelinedBenchmark.RunAsync(stop.Token);
    case "handshakes":
        return await HandshakeBenchmark.RunAsync(stop.Token);
    case "idle":
        return await IdleBenchmark.RunAsync(stop.Token);
    case "store":
        return await StoreBenchmark.RunAsync(args[1..], stop.Token);
    case "queue-size":
        return await QueueSizeBenchmark.RunAsync(args[1..], stop.Token);
    case "relay":
        return await RelayBenchmark.RunAsync(stop.Token);
    case "all":
        return await ThroughputBenchmark.RunAsync(stop.Token)
            + await PipelinedBenchmark.RunAsync(stop.Token)
            + await HandshakeBenchmark.RunAsync(stop.Token)
            + await IdleBenchmark.RunAsync(stop.Token)
            + await StoreBenchmark.RunAsync([], stop.Token)
            + await QueueSizeBenchmark.RunAsync([], stop.Token)
            + await RelayBenchmark.RunAsync(stop.Token);
    default:
        Console.Error.WriteLine($"'{verb}' is no benchmark. Say throughput, pipelined, handshakes, idle, store, queue-size, relay or all.");
        return 2;
}
