using System.Globalization;
using System.Security.Cryptography;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>
/// Two network namespaces with a cable between them, each with a loopback of its own: two machines, as far as TCP can
/// tell. Addresses are those that documentation may use (RFC 5737, RFC 3849), so nothing can leave.
/// </summary>
internal sealed class NamespacePair : IAsyncDisposable
{
    public const string ServerIPv4 = "192.0.2.1";
    public const string ServerIPv6 = "2001:db8::1";

    private readonly string _suffix = Convert.ToHexString(RandomNumberGenerator.GetBytes(4)).ToLowerInvariant();

    /// <summary>The machine with the addresses <see cref="ServerIPv4"/> and <see cref="ServerIPv6"/>.</summary>
    public string Server => $"st-a-{_suffix}";

    /// <summary>The machine at the other end.</summary>
    public string Client => $"st-b-{_suffix}";

    /// <summary>Makes both, or skips the test where that is not allowed here.</summary>
    public static async Task<NamespacePair> CreateAsync(CancellationToken cancellationToken)
    {
        Needs.Program("ip");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "network namespaces can be made by root only");
        var pair = new NamespacePair();
        var first = await IpAsync(["netns", "add", pair.Server], cancellationToken);
        Assert.SkipWhen(first.ExitCode != 0, $"network namespaces cannot be made here: {first.Error.Trim()}");
        try
        {
            await pair.ConnectAsync(cancellationToken);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>Arguments for <c>ip</c> that run a program in one of the namespaces.</summary>
    public static string[] Inside(string name, params string[] command) => ["netns", "exec", name, .. command];

    /// <summary>Deletes both, and with them the cable.</summary>
    public async ValueTask DisposeAsync()
    {
        // The second may not have been made; that it is gone is all that matters.
        await IpAsync(["netns", "delete", Server], CancellationToken.None);
        await IpAsync(["netns", "delete", Client], CancellationToken.None);
    }

    private static Task<ProcessOutcome> IpAsync(string[] arguments, CancellationToken cancellationToken) =>
        ExternalProcess.RunAsync("ip", arguments, cancellationToken);

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        string[] commands =
        [
            $"netns add {Client}",
            $"link add cable netns {Server} type veth peer name cable netns {Client}",
            $"-n {Server} address add {ServerIPv4}/24 dev cable",
            $"-n {Client} address add 192.0.2.2/24 dev cable",

            // Nobody else can have these addresses: no waiting for duplicate address detection.
            $"-n {Server} address add {ServerIPv6}/64 dev cable nodad",
            $"-n {Client} address add 2001:db8::2/64 dev cable nodad",
            $"-n {Server} link set lo up",
            $"-n {Client} link set lo up",
            $"-n {Server} link set cable up",
            $"-n {Client} link set cable up",
        ];
        foreach (var command in commands)
        {
            var outcome = await IpAsync(command.Split(' '), cancellationToken);
            if (outcome.ExitCode != 0)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The namespaces could not be connected: {outcome}"));
            }
        }
    }
}
