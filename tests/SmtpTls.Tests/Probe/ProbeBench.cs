using System.Net;
using System.Text;
using SmtpTls.Probe;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Probe;

/// <summary>A prober whose names, network, machine and clock are the test's.</summary>
internal sealed class ProbeBench : IAsyncDisposable
{
    public FakeResolver Resolver { get; } = new();

    public Switchboard Network { get; } = new();

    public FakeMachine Machine { get; } = new();

    public FakeClock Clock { get; } = TestPki.Clock();

    /// <summary>With every time-out of its own length, so that a test can wait for the one it means.</summary>
    public ProbeOptions Options { get; set; } = new()
    {
        HelloName = "probe.test",
        Timeouts = new ClientTimeouts
        {
            Resolve = TimeSpan.FromSeconds(11),
            Connect = TimeSpan.FromSeconds(12),
            Greeting = TimeSpan.FromSeconds(13),
            Hello = TimeSpan.FromSeconds(14),
            StartTls = TimeSpan.FromSeconds(15),
            Handshake = TimeSpan.FromSeconds(16),
            Quit = TimeSpan.FromSeconds(17),
        },
    };

    /// <summary>How long a test waits for what has to happen, before it fails in place of hanging.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public SmtpProbe Create() => new(Resolver, Clock, Network, Machine);

    public async Task<IReadOnlyList<CapabilityResult>> CapabilitiesAsync(string target)
    {
        var results = new List<CapabilityResult>();
        await foreach (var result in Create().GetCapabilityAsync(target, Options, Token))
        {
            results.Add(result);
        }

        return results;
    }

    public async Task<CapabilityResult> CapabilityAsync(string target) => Assert.Single(await CapabilitiesAsync(target));

    public async Task<IReadOnlyList<CertificateResult>> CertificatesAsync(string target)
    {
        var results = new List<CertificateResult>();
        await foreach (var result in Create().GetCertificateAsync(target, Options, Token))
        {
            results.Add(result);
        }

        return results;
    }

    public async Task<CertificateResult> CertificateAsync(string target) => Assert.Single(await CertificatesAsync(target));

    /// <summary>Runs a probe of which a phase never ends, and lets that phase's time be up.</summary>
    /// <param name="timeout">The phase's time-out.</param>
    /// <param name="target">The target.</param>
    /// <param name="reached">Completes once the server is where it falls silent; needed where a write in the same phase comes before.</param>
    public async Task<CapabilityResult> CapabilityAfterAsync(TimeSpan timeout, string target, Task? reached = null)
    {
        var probing = CapabilityAsync(target);
        await (reached ?? Task.CompletedTask).WaitAsync(Patience, Token);

        // The write's timer may still be there when its bytes have arrived; then the next one is the read's.
        while (!probing.IsCompleted)
        {
            await Task.WhenAny(probing, Clock.TimerSetAsync(timeout)).WaitAsync(Patience, Token);
            Clock.Advance(timeout);
        }

        return await probing;
    }

    public ValueTask DisposeAsync() => Network.DisposeAsync();

    /// <summary>A listener on a loopback address and a free port.</summary>
    public SmtpListener Listen(StartTlsPolicy policy, IssuedCertificate certificate, TlsMode mode = TlsMode.StartTls) => SmtpListener.Start(new SmtpListenerOptions
    {
        Addresses = [IPAddress.Loopback],
        StartTls = policy,
        TlsMode = mode,
        HostName = "listener.test",
        Certificates = [certificate.ToListenerCertificate(Clock)],
    });

    /// <summary>Reads from a connection until what was read ends with CRLF.</summary>
    public static async Task<string> ReadLineAsync(Stream stream)
    {
        var line = new StringBuilder();
        var buffer = new byte[512];
        while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, Token);
            if (read == 0)
            {
                break;
            }

            line.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return line.ToString();
    }

    public static ValueTask SayAsync(Stream stream, string text) => stream.WriteAsync(Encoding.Latin1.GetBytes(text), Token);
}

/// <summary>A machine with the names and addresses that the test gives it.</summary>
internal sealed class FakeMachine : ILocalMachine
{
    public IReadOnlyList<DnsName> HostNames { get; private set; } = [];

    public IReadOnlyList<IPAddress> Addresses { get; private set; } = [];

    public void Is(string[] names, params string[] addresses)
    {
        HostNames = [.. names.Select(n => DnsName.TryParse(n, out var name, out var error) ? name : throw new ArgumentException(error, nameof(names)))];
        Addresses = [.. addresses.Select(IPAddress.Parse)];
    }
}
