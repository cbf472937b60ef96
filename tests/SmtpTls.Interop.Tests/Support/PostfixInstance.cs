using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>
/// A Postfix of its own: configuration, queue, log and port in a temporary folder, beside whatever Postfix the machine
/// runs. It asks no DNS, and mail that it accepts is discarded unless a relayhost is given.
/// </summary>
/// <remarks>Linked into the benchmarks, which have no test framework: keep xunit out of this file.</remarks>
internal sealed class PostfixInstance : IAsyncDisposable
{
    // Between asking for a free port and Postfix's listening on it another program may take it.
    private const int PortAttempts = 5;

    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    // main.cf, as far as nothing else is asked for. Each is there to keep the instance away from the machine's own mail.
    private static readonly IReadOnlyDictionary<string, string> Defaults = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["compatibility_level"] = "3.6",
        ["mail_owner"] = "postfix",
        ["setgid_group"] = "postdrop",
        ["inet_interfaces"] = "127.0.0.1",
        ["inet_protocols"] = "ipv4",
        ["myhostname"] = "postfix.test",
        ["mydestination"] = "",
        ["mynetworks"] = "127.0.0.0/8",
        ["alias_maps"] = "",
        ["local_recipient_maps"] = "",
        ["smtp_dns_support_level"] = "disabled",
        ["smtp_host_lookup"] = "native",
        ["default_transport"] = "discard",
        ["relay_transport"] = "discard",
        ["smtpd_tls_loglevel"] = "1",
        ["smtp_tls_loglevel"] = "1",
    };

    // The services of Postfix's own master.cf that mail needs on its way, none of them in a chroot.
    private const string Services = """
        pickup    unix       n  -  n  60     1  pickup
        cleanup   unix       n  -  n  -      0  cleanup
        qmgr      unix       n  -  n  300    1  qmgr
        tlsmgr    unix       -  -  n  1000?  1  tlsmgr
        rewrite   unix       -  -  n  -      -  trivial-rewrite
        bounce    unix       -  -  n  -      0  bounce
        defer     unix       -  -  n  -      0  bounce
        trace     unix       -  -  n  -      0  bounce
        smtp      unix       -  -  n  -      -  smtp
        relay     unix       -  -  n  -      -  smtp
        error     unix       -  -  n  -      -  error
        retry     unix       -  -  n  -      -  error
        discard   unix       -  -  n  -      -  discard
        anvil     unix       -  -  n  -      1  anvil
        scache    unix       -  -  n  -      1  scache
        proxymap  unix       -  -  n  -      -  proxymap
        postlog   unix-dgram n  -  n  -      1  postlogd

        """;

    private readonly string _folder;
    private readonly LogFile _log;

    private PostfixInstance(string folder, int port)
    {
        _folder = folder;
        _log = new LogFile(Path.Combine(folder, "mail.log"));
        Port = port;
    }

    /// <summary>Where its smtpd listens, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>What Postfix's commands take behind <c>-c</c>.</summary>
    public string ConfigurationFolder => Path.Combine(_folder, "etc");

    /// <summary>All of the log so far.</summary>
    public string Log => _log.Read();

    /// <summary>Why there can be none on this machine, as the end of a sentence; null where there can.</summary>
    public static string? WhyUnavailable() =>
        !OperatingSystem.IsLinux() ? "Postfix runs on Unix"
        : ExternalProcess.Find("postfix") is null ? "postfix is not installed"
        : !Environment.IsPrivilegedProcess ? "Postfix's master has to be started by root"
        : null;

    /// <summary>Starts one.</summary>
    /// <param name="parameters">main.cf; what is not given is as in <see cref="Defaults"/>.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="InvalidOperationException">Postfix did not start; the message has what it said.</exception>
    public static async Task<PostfixInstance> StartAsync(IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var instance = Prepare(parameters);
            var outcome = await ExternalProcess.RunAsync("postfix", ["-c", instance.ConfigurationFolder, "start"], cancellationToken);
            if (outcome.ExitCode == 0)
            {
                return instance;
            }

            var log = instance.Log;
            await instance.DisposeAsync();
            if (attempt == PortAttempts || !log.Contains("Address already in use", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"{outcome}\n{log}");
            }
        }
    }

    /// <summary>The first line of the log with all of these words, waiting for it.</summary>
    public Task<string> WaitForLogAsync(IReadOnlyList<string> words, CancellationToken cancellationToken) => _log.WaitForAsync(words, cancellationToken);

    /// <summary>Hands a message over as a local program does, by <c>sendmail</c>.</summary>
    public Task<ProcessOutcome> SendmailAsync(string from, string to, string message, CancellationToken cancellationToken) =>
        ExternalProcess.RunAsync(
            "sendmail", ["-C", ConfigurationFolder, "-i", "-f", from, to], Encoding.UTF8.GetBytes(message), cancellationToken);

    /// <summary>Stops it by its own master's process id, which it wrote to its queue folder, and removes the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        // Exit code 1: it was not running, as after a start that failed.
        await ExternalProcess.RunAsync("postfix", ["-c", ConfigurationFolder, "stop"], CancellationToken.None);
        _log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static PostfixInstance Prepare(IReadOnlyDictionary<string, string> parameters)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException(WhyUnavailable());
        }

        var folder = Directory.CreateTempSubdirectory("smtptls-postfix-").FullName;

        // Its daemons run as the user postfix and have to get to their queue, which `postfix start` makes with its owners.
        File.SetUnixFileMode(folder, ReadableByAll);
        Directory.CreateDirectory(Path.Combine(folder, "etc"), ReadableByAll);
        Directory.CreateDirectory(Path.Combine(folder, "queue"), ReadableByAll);
        var instance = new PostfixInstance(folder, FreePort());
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["queue_directory"] = Path.Combine(folder, "queue"),
            ["data_directory"] = Path.Combine(folder, "data"),
            ["maillog_file"] = Path.Combine(folder, "mail.log"),
            ["maillog_file_prefixes"] = folder,
        };
        foreach (var (name, value) in Defaults.Concat(parameters))
        {
            all[name] = value;
        }

        File.WriteAllLines(Path.Combine(folder, "etc", "main.cf"), all.Select(p => $"{p.Key} = {p.Value}"));
        File.WriteAllText(
            Path.Combine(folder, "etc", "master.cf"),
            string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{instance.Port} inet n - n - - smtpd\n{Services}"));
        return instance;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
