using System.Globalization;
using SmtpTls.Queue;
using SmtpTls.Storage;

namespace SmtpTls.Benchmarks;

/// <summary>Messages as a relay's listener makes them, and the folder they go to.</summary>
internal static class StoreSamples
{
    public const int Size = 4096;

    private static readonly byte[] Content = Enumerable.Range(0, Size).Select(i => (byte)(i % 64 == 63 ? '\n' : i % 64 == 62 ? '\r' : 'a' + (i % 26))).ToArray();

    private static readonly TlsEvidence Tls = new()
    {
        Mode = TlsMode.StartTls,
        Protocol = "TLSv1.3",
        CipherSuite = "TLS_AES_256_GCM_SHA384",
        ReferenceIdentity = "mx.partner.example",
        MatchedIdentity = "*.partner.example",
        Level = TlsLevel.Secure,
        Verified = true,
        PeerSha256 = new string('A', 64),
    };

    /// <summary>Where the queue stands: given with --folder, or a temporary folder. It is emptied afterwards.</summary>
    public static string Folder(string[] arguments) => Option(arguments, "--folder") ?? Directory.CreateTempSubdirectory("smtptls-bench-").FullName;

    public static int Number(string[] arguments, string name, int standard) =>
        Option(arguments, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : standard;

    public static Task<SqliteQueueStore> OpenAsync(string folder, CancellationToken cancellationToken) =>
        SqliteQueueStore.OpenAsync(new SqliteQueueOptions { Path = Path.Combine(folder, "bench.queue"), Log = Console.Error.WriteLine }, cancellationToken);

    public static void Delete(string folder)
    {
        foreach (var file in Directory.GetFiles(folder, "bench.queue*"))
        {
            File.Delete(file);
        }
    }

    public static NewMessage Message(QueueId id, int number, DateTimeOffset now)
    {
        var domain = string.Create(CultureInfo.InvariantCulture, $"d{number % 10}.example");
        var messageId = string.Create(CultureInfo.InvariantCulture, $"<{number}@client.example>");
        var recipient = string.Create(CultureInfo.InvariantCulture, $"user{number}@{domain}");
        var origin = new MessageOrigin { Kind = MessageSourceKind.Smtp, Source = "edge", RemoteEndPoint = "127.0.0.1:40123", HelloName = "client.example" };
        return new NewMessage
        {
            Id = id,
            ReversePath = "sender@client.example",
            Recipients = [new NewRecipient(recipient, domain, domain)],
            Size = Size,
            ReceivedAt = now,
            Origin = origin,
            MessageId = messageId,
            Subject = "A message of usual size",
            Events = [new TrackingEvent { Time = now, Kind = TrackingEventKind.Receive, Id = id, MessageId = messageId, From = "sender@client.example", Recipients = [recipient], Size = Size, Origin = origin }],
        };
    }

    public static async Task<IReadOnlyList<DeliveryLease>> EnqueueAsync(IQueueStore store, NewMessage message, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(Content, writable: false);
        return await store.EnqueueAsync(message, stream, cancellationToken);
    }

    public static DeliveryResult Delivered(DeliveryLease lease, string owner, DateTimeOffset now) => new()
    {
        Delivery = lease.Delivery,
        Id = lease.Id,
        Owner = owner,
        Done = lease.Recipients.Select(r => r.Number).ToArray(),
        Events =
        [
            new TrackingEvent
            {
                Time = now,
                Kind = TrackingEventKind.Send,
                Id = lease.Id,
                MessageId = lease.MessageId,
                From = lease.ReversePath,
                Recipients = lease.Recipients.Select(r => r.Address).ToArray(),
                Size = lease.Size,
                NextHop = lease.NextHop,
                Host = "mx.partner.example",
                EndPoint = "127.0.0.1:2600",
                Attempt = lease.Attempt,
                TlsLevel = TlsLevel.Secure,
                Tls = Tls,
                Reply = "250 2.0.0 Ok: queued as 4bXyZ",
                RemoteQueueId = "4bXyZ",
                Age = now - lease.ReceivedAt,
            },
        ],
    };

    private static string? Option(string[] arguments, string name)
    {
        var index = Array.IndexOf(arguments, name);
        return index >= 0 && index + 1 < arguments.Length ? arguments[index + 1] : null;
    }
}
