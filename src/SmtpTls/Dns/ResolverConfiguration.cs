using System.Globalization;
using System.Net;

namespace SmtpTls.Dns;

/// <summary>
/// <c>/etc/resolv.conf</c> (resolv.conf(5)), read again when it has changed. Of its options those are heeded that say how to ask;
/// search lists are not, because a domain in mail is always whole (RFC 5321 §2.3.5).
/// </summary>
/// <param name="path">The file.</param>
internal sealed class ResolverConfiguration(string path) : INameServerSource
{
    /// <summary>Where the file stands on every Unix.</summary>
    public const string DefaultPath = "/etc/resolv.conf";

    // MAXNS, RES_MAXRETRANS and RES_MAXRETRY of resolv.conf(5).
    private const int MostServers = 3;
    private const int MostSeconds = 30;
    private const int MostAttempts = 5;

    // A real one has ten lines; what is longer is some other file.
    private const int MostBytes = 65_536;

    private readonly object _gate = new();
    private NameServers? _servers;
    private (DateTime ChangedAt, long Length) _read;

    public NameServers Current()
    {
        lock (_gate)
        {
            try
            {
                var file = new FileInfo(path);
                var now = file.Exists ? (file.LastWriteTimeUtc, file.Length) : (DateTime.MinValue, 0);
                if (_servers is null || now != _read)
                {
                    _servers = now.Length switch
                    {
                        0 => Parse([]),
                        > MostBytes => throw new IOException($"{path} is longer than {MostBytes} bytes, so it is no resolver configuration."),
                        _ => Parse(File.ReadAllLines(path)),
                    };
                    _read = now;
                }

                return _servers;
            }
            catch (UnauthorizedAccessException e)
            {
                throw new IOException(e.Message, e);
            }
        }
    }

    /// <summary>Reads the file's lines. What is not understood is passed over, as the system does.</summary>
    public static NameServers Parse(IReadOnlyList<string> lines)
    {
        var servers = new List<IPEndPoint>();
        var found = new NameServers([]);
        foreach (var line in lines)
        {
            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", var address, ..] && servers.Count < MostServers && IPAddress.TryParse(address, out var parsed))
            {
                servers.Add(new IPEndPoint(parsed, NameServers.Port));
            }
            else if (words is ["options", ..])
            {
                found = words.Skip(1).Aggregate(found, WithOption);
            }
        }

        // resolv.conf(5): without a server, the one on the local machine.
        return found with { EndPoints = servers.Count > 0 ? servers.ToArray() : [new IPEndPoint(IPAddress.Loopback, NameServers.Port)] };
    }

    private static NameServers WithOption(NameServers servers, string option)
    {
        var (name, value) = option.Split(':', 2) is [var left, var right] ? (left, right) : (option, "");
        return name switch
        {
            "rotate" => servers with { Rotates = true },
            "use-vc" => servers with { OnlyTcp = true },
            "timeout" when Number(value) is { } seconds => servers with { Timeout = TimeSpan.FromSeconds(Math.Clamp(seconds, 1, MostSeconds)) },
            "attempts" when Number(value) is { } attempts => servers with { Attempts = Math.Clamp(attempts, 1, MostAttempts) },
            _ => servers,
        };
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
