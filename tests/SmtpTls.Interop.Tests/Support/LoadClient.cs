using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>
/// A client that sends message after message over one connection and keeps book of what it was answered. It sends none
/// twice: what was cut off before its reply counts as not acknowledged.
/// </summary>
internal sealed class LoadClient(int number, Func<int> port)
{
    /// <summary>What stands before a message's own name.</summary>
    public const string IdHeader = "X-Id: ";

    // Bodies from one block to many, so that some are in one commit and some in several.
    private static readonly int[] BodySizes = [100, 4000, 4000, 4000, 60_000, 700_000];

    private int _next;

    /// <summary>Names of the messages that were answered with 250.</summary>
    public ConcurrentQueue<string> Acknowledged { get; } = new();

    /// <summary>Replies to messages other than 250.</summary>
    public ConcurrentQueue<string> Refused { get; } = new();

    /// <summary>Messages whose first byte went out.</summary>
    public int Sent => Volatile.Read(ref _next);

    /// <summary>Sends until told to stop; the message under way is finished or cut off by the relay's end.</summary>
    public async Task RunAsync(int maximum, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && _next < maximum)
        {
            try
            {
                await SessionAsync(maximum, stop);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // The relay is gone; another one will come.
                await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
            }
        }
    }

    private async Task SessionAsync(int maximum, CancellationToken stop)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port(), CancellationToken.None);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        await ExpectAsync(reader, "220");
        await WriteAsync(stream, "EHLO load.test\r\n");
        await ExpectAsync(reader, "250");
        while (!stop.IsCancellationRequested && _next < maximum)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{number}-{_next}");
            var body = new string('x', 70) + "\r\n";
            var content = string.Concat(Enumerable.Repeat(body, BodySizes[_next % BodySizes.Length] / body.Length));
            _next++;
            await WriteAsync(stream, $"MAIL FROM:<a@load.test>\r\nRCPT TO:<b{number}@sink.test>\r\nDATA\r\n");
            await ExpectAsync(reader, "250");
            await ExpectAsync(reader, "250");
            await ExpectAsync(reader, "354");
            await WriteAsync(stream, $"From: a@load.test\r\nTo: b{number}@sink.test\r\nMessage-ID: <{id}@load.test>\r\nSubject: {id}\r\n{IdHeader}{id}\r\n\r\n{content}.\r\n");
            var reply = await ReadAsync(reader);
            if (reply.StartsWith("250", StringComparison.Ordinal))
            {
                Acknowledged.Enqueue(id);
            }
            else
            {
                Refused.Enqueue(reply);
                await Task.Delay(TimeSpan.FromMilliseconds(10), CancellationToken.None);
            }
        }

        await WriteAsync(stream, "QUIT\r\n");
        await ExpectAsync(reader, "221");
    }

    private static async Task WriteAsync(NetworkStream stream, string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text), CancellationToken.None);

    private static async Task ExpectAsync(StreamReader reader, string code)
    {
        var reply = await ReadAsync(reader);
        if (reply.StartsWith("421", StringComparison.Ordinal))
        {
            throw new IOException(reply);
        }

        if (!reply.StartsWith(code, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The relay said '{reply}' where {code} was due.");
        }
    }

    // The last line of a reply.
    private static async Task<string> ReadAsync(StreamReader reader)
    {
        while (true)
        {
            var line = await reader.ReadLineAsync(CancellationToken.None) ?? throw new IOException("The relay closed the connection.");
            if (line.Length < 4 || line[3] != '-')
            {
                return line;
            }
        }
    }
}
