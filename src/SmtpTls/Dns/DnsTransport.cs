using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SmtpTls.Dns;

/// <summary>A name server's answer that cannot be used. The message is the end of a sentence that begins with the server.</summary>
internal sealed class DnsExchangeException(string message) : Exception(message);

/// <summary>
/// One question, one answer, over a socket of its own: a port that nobody can guess, and connected, so that the system lets
/// only the server's datagrams in (RFC 5452 §9). Fails with <see cref="SocketException"/>, <see cref="IOException"/> or
/// <see cref="DnsExchangeException"/>.
/// </summary>
internal static class DnsTransport
{
    // More than a server was told of, so that one that does not heed it can be told from one that does.
    private const int DatagramBuffer = 8192;
    private const int IdLength = 2;

    /// <summary>Asks over UDP.</summary>
    public static async Task<DnsMessage> AskByUdpAsync(IPEndPoint server, DnsQuery query, int? ednsPayload, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        _ = await socket.SendAsync(query.ToBytes(ednsPayload), cancellationToken).ConfigureAwait(false);
        var buffer = new byte[DatagramBuffer];
        while (true)
        {
            // The token's deadline bounds the loop. What is not the answer may be somebody's guess at it: wait on for the true one.
            var length = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (length >= IdLength && BinaryPrimitives.ReadUInt16BigEndian(buffer) == query.Id
                && Read(buffer.AsSpan(0, length)) is var message && query.IsAnsweredBy(message))
            {
                return message;
            }
        }
    }

    /// <summary>Asks over TCP (RFC 7766).</summary>
    public static async Task<DnsMessage> AskByTcpAsync(IPEndPoint server, DnsQuery query, int? ednsPayload, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        using var stream = new NetworkStream(socket);

        // Length and message in one write (RFC 7766 §8).
        var question = query.ToBytes(ednsPayload);
        var framed = new byte[sizeof(ushort) + question.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)question.Length);
        question.CopyTo(framed, sizeof(ushort));
        await stream.WriteAsync(framed, cancellationToken).ConfigureAwait(false);

        var length = new byte[sizeof(ushort)];
        await stream.ReadExactlyAsync(length, cancellationToken).ConfigureAwait(false);
        var answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        var message = Read(answer);
        return query.IsAnsweredBy(message) && !message.IsTruncated
            ? message
            : throw new DnsExchangeException(message.IsTruncated ? "cut its answer off over TCP too" : "answered another question than was asked");
    }

    private static DnsMessage Read(ReadOnlySpan<byte> bytes) => DnsMessageReader.TryRead(bytes, out var message, out var error)
        ? message
        : throw new DnsExchangeException($"sent an answer that cannot be read: {error}");
}
