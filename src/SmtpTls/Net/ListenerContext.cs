using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using SmtpTls.Protocol;

namespace SmtpTls.Net;

/// <summary>Takes a whole message and answers it. It owns the message from the call on, whatever it answers or throws.</summary>
internal delegate ValueTask<SmtpReply> DeliverMail(ReceivedMail mail, CancellationToken cancellationToken);

/// <summary>Does the server's side of a handshake on a stream; gives the client's certificate where it was asked for and shown.</summary>
internal delegate Task<PresentedClientCertificate?> ServerHandshake(SslStream stream, CancellationToken cancellationToken);

/// <summary>What all connections of a listener share.</summary>
internal sealed class ListenerContext(ServerProfile profile, TimeProvider clock, DeliverMail deliver, ServerHandshake? handshake)
{
    public ServerProfile Profile { get; } = profile;

    public TimeProvider Clock { get; } = clock;

    public DeliverMail Deliver { get; } = deliver;

    /// <summary>Null where the listener has no certificate.</summary>
    public ServerHandshake? Handshake { get; } = handshake;

    public TlsMode Mode { get; init; } = TlsMode.StartTls;

    public StartTlsPolicy StartTls { get; init; } = StartTlsPolicy.ExceptLoopback;

    public bool RequireTls { get; init; }

    /// <summary>Asked about every recipient; null: all may receive.</summary>
    public IRecipientPolicy? RecipientPolicy { get; init; }

    /// <summary>Null where nobody can authenticate.</summary>
    public Authenticator? Authenticator { get; init; }

    /// <summary>Where messages go that are too large for memory.</summary>
    public string TemporaryFolder { get; init; } = Path.GetTempPath();

    /// <summary>Told of what happens, or null. Must return soon: sessions wait for it.</summary>
    public Action<ListenerEvent>? Log { get; init; }

    public StartTlsOffer Offer(Socket socket) => Mode == TlsMode.StartTls
        ? LoopbackRule.Offer(
            StartTls, Handshake is not null, ((IPEndPoint)socket.LocalEndPoint!).Address, ((IPEndPoint)socket.RemoteEndPoint!).Address)
        : StartTlsOffer.NotConfigured;

    /// <summary>Tells the log. Never throws: a log that cannot be written may cost no message, no session and no stop.</summary>
    public void Report(ListenerEventKind kind, EndPoint? remote, string message, FindingCode? code = null)
    {
        try
        {
            Log?.Invoke(new ListenerEvent(Clock.GetUtcNow(), kind, remote?.ToString() ?? "", message, code));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Who was to be told of trouble is in trouble, and there is nobody else to tell.
            return;
        }
    }
}
