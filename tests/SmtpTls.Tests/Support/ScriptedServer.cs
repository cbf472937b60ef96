using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SmtpTls.Net;

namespace SmtpTls.Tests.Support;

/// <summary>
/// A server that plays scripts over connections in memory, one script a connection, in their order. What the client
/// says has to be what the script expects; <see cref="DisposeAsync"/> throws where it was not, or where a script was
/// left unplayed.
/// </summary>
internal sealed class ScriptedServer : IConnector, IAsyncDisposable
{
    private readonly Queue<DialogueScript> _scripts = new();
    private readonly Chunking _chunking;
    private readonly X509Certificate2? _certificate;
    private readonly List<Task> _connections = [];
    private readonly TaskCompletionSource _silent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ScriptedServer(params string[] scripts)
        : this(Chunking.Whole, certificate: null, scripts)
    {
    }

    public ScriptedServer(X509Certificate2 certificate, params string[] scripts)
        : this(Chunking.Whole, certificate, scripts)
    {
    }

    public ScriptedServer(Chunking chunking, X509Certificate2? certificate, params string[] scripts)
    {
        _chunking = chunking;
        _certificate = certificate;
        foreach (var script in scripts)
        {
            _scripts.Enqueue(DialogueScript.Parse(script));
        }
    }

    /// <summary>The endpoints that were dialled, in order.</summary>
    public List<IPEndPoint> Dialled { get; } = [];

    /// <summary>The messages that were received, with dots stuffed and the final dot; chunks as they are.</summary>
    public List<string> Bodies { get; } = [];

    /// <summary>The name that the last client sent in its ClientHello.</summary>
    public string? ServerName { get; private set; }

    /// <summary>Completes once a script has come to its SILENCE.</summary>
    public Task Silent => _silent.Task;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask<Stream> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Dialled.Add(endpoint);
        Assert.True(_scripts.Count > 0, $"A connection to {endpoint} that no script expects.");
        var script = _scripts.Dequeue();
        if (script.Steps is [(ScriptStep.Refuse, _)])
        {
            throw new SocketException((int)SocketError.ConnectionRefused);
        }

        var (client, server) = DuplexStream.CreatePair();
        _connections.Add(PlayAsync(script, server));
        return ValueTask.FromResult<Stream>(client);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_connections);
        Assert.Empty(_scripts);
    }

    private async Task PlayAsync(DialogueScript script, DuplexStream connection)
    {
        await Task.Yield();
        Stream stream = connection;
        try
        {
            for (var i = 0; i < script.Steps.Count; i++)
            {
                var (step, text) = script.Steps[i];
                switch (step)
                {
                    case ScriptStep.Server:
                        var lines = script.Steps.Skip(i).TakeWhile(s => s.Step == ScriptStep.Server).Select(s => s.Text).ToArray();
                        i += lines.Length - 1;
                        await SayAsync(stream, lines);
                        break;
                    case ScriptStep.Client:
                        Assert.Equal(text, await ReadLineAsync(stream));
                        break;
                    case ScriptStep.Tls:
                        stream = await AuthenticateAsync(stream, isLast: i == script.Steps.Count - 1);
                        break;
                    case ScriptStep.Body:
                        Bodies.Add(await ReadBodyAsync(stream));
                        break;
                    case ScriptStep.Chunk:
                        var chunk = new byte[int.Parse(text, CultureInfo.InvariantCulture)];
                        await stream.ReadExactlyAsync(chunk, Stop);
                        Bodies.Add(Encoding.UTF8.GetString(chunk));
                        break;
                    case ScriptStep.Silence:
                        _silent.TrySetResult();
                        await stream.CopyToAsync(Stream.Null, Stop);
                        break;
                    case ScriptStep.Endless:
                        await SayForeverAsync(stream, text);
                        break;
                    default:
                        return;
                }
            }

            // What was not in the script must not be said: at the end the client is gone.
            Assert.Null(await ReadLineAsync(stream));
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }

    private async Task SayAsync(Stream stream, IEnumerable<string> lines)
    {
        foreach (var chunk in DialogueScript.Cut(lines, _chunking))
        {
            await stream.WriteAsync(chunk, Stop);
        }
    }

    private static async Task SayForeverAsync(Stream stream, string text)
    {
        var line = Encoding.ASCII.GetBytes(text + "\r\n");
        try
        {
            while (true)
            {
                await stream.WriteAsync(line, Stop);
                await Task.Yield();
            }
        }
        catch (IOException)
        {
            // The client had enough: that is how it has to end.
        }
    }

    private async Task<Stream> AuthenticateAsync(Stream stream, bool isLast)
    {
        var secured = new SslStream(stream);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(_certificate!, additionalCertificates: null, offline: true),
        };
        try
        {
            await secured.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    ServerName = hello.ServerName;
                    return ValueTask.FromResult(options);
                },
                state: null,
                Stop);
            return secured;
        }
        catch (IOException) when (isLast)
        {
            // A client that does not like the certificate may be gone before the server's last record of the handshake.
            return stream;
        }
    }

    /// <summary>A line without its CRLF; null where the client is gone.</summary>
    private static async Task<string?> ReadLineAsync(Stream stream)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (!line.TakeLast(2).SequenceEqual("\r\n"u8.ToArray()))
        {
            try
            {
                if (await stream.ReadAsync(one, Stop) == 0)
                {
                    return line.Count == 0 ? null : $"{Encoding.UTF8.GetString([.. line])}<end>";
                }
            }
            catch (IOException)
            {
                // TLS without close_notify: gone as well.
                return null;
            }

            line.Add(one[0]);
        }

        return Encoding.UTF8.GetString([.. line.SkipLast(2)]);
    }

    private static async Task<string> ReadBodyAsync(Stream stream)
    {
        var body = new StringBuilder();
        while (true)
        {
            var line = await ReadLineAsync(stream);
            Assert.NotNull(line);
            body.Append(line).Append("\r\n");
            if (line == ".")
            {
                return body.ToString();
            }
        }
    }
}
