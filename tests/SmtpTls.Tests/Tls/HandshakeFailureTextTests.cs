using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SmtpTls.Tests.Support;
using SmtpTls.Tls;

namespace SmtpTls.Tests.Tls;

/// <summary>Handshakes that really fail, and what is said about them.</summary>
public sealed class HandshakeFailureTextTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, byte[], bool, string> ServerAnswers() => new()
    {
        { "SMTP in plain text", "220 mail.test ESMTP\r\n"u8.ToArray(), false, "does not speak TLS" },
        { "HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), false, "does not speak TLS" },
        { "closes", [], false, "closed the connection" },
        { "resets", [], true, "reset the connection" },
        { "half a record, closes", [22, 3, 3], false, "closed the connection" },
        { "handshake_failure", [21, 3, 3, 0, 2, 2, 40], false, "alert: handshake failure" },
        { "protocol_version", [21, 3, 3, 0, 2, 2, 70], false, "no TLS version in common" },
        { "insufficient_security", [21, 3, 3, 0, 2, 2, 71], false, "alert: insufficient security" },
        { "unrecognized_name", [21, 3, 3, 0, 2, 2, 112], false, "unrecognized name" },
        { "internal_error", [21, 3, 3, 0, 2, 2, 80], false, "alert: internal error" },
    };

    [Theory]
    [MemberData(nameof(ServerAnswers))]
    public async Task A_client_says_what_the_server_did(string what, byte[] answer, bool reset, string expected)
    {
        await using var pair = await TlsPair.ConnectAsync(Token);
        var verifier = new PeerVerifier(
            new PeerPolicy { Level = TlsLevel.Encrypt, Identity = Name("mail.test") }, pair.Dialled, TestPki.Clock());
        var handshake = pair.Client.AuthenticateAsClientAsync(verifier.CreateClientOptions(), Token);

        // The ClientHello first, so that closing is not answered with a reset for unread bytes.
        _ = await pair.RawServer.ReadAsync(new byte[16 * 1024], Token);
        await pair.RawServer.WriteAsync(answer, Token);
        pair.CloseServer(reset);

        var exception = await Assert.ThrowsAnyAsync<Exception>(() => handshake);
        Assert.True(exception is AuthenticationException or IOException, exception.ToString());
        Assert.True(HandshakeFailureText.Describe(exception).Contains(expected, StringComparison.Ordinal), $"{what}: {HandshakeFailureText.Describe(exception)}");
        Assert.Contains(exception.Message.TrimEnd('.'), HandshakeFailureText.Cause(exception), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_common_protocol_is_said_on_both_sides()
    {
        var (client, server) = await FailAsync(SslProtocols.Tls12, SslProtocols.Tls13);
        Assert.Contains("no TLS version in common", client, StringComparison.Ordinal);
        Assert.Contains("no TLS version in common", server, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_says_that_a_client_spoke_plain_text()
    {
        using var issued = TestPki.Issue("mail.test");
        await using var pair = await TlsPair.ConnectAsync(Token);
        var handshake = new CertificateSelector([issued.ToListenerCertificate()]).AuthenticateAsync(pair.Server, Token);
        await pair.RawClient.WriteAsync("EHLO client.test\r\n"u8.ToArray(), Token);

        var exception = await Assert.ThrowsAsync<AuthenticationException>(() => handshake);
        Assert.Contains("does not speak TLS", HandshakeFailureText.Describe(exception), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_says_that_a_client_went_away()
    {
        using var issued = TestPki.Issue("mail.test");
        await using var pair = await TlsPair.ConnectAsync(Token);
        var handshake = new CertificateSelector([issued.ToListenerCertificate()]).AuthenticateAsync(pair.Server, Token);
        pair.CloseClient();

        var exception = await Assert.ThrowsAnyAsync<IOException>(() => handshake);
        Assert.Contains("closed the connection", HandshakeFailureText.Describe(exception), StringComparison.Ordinal);
    }

    [Fact]
    public void A_reset_is_told_from_a_close()
    {
        var exception = new IOException("Unable to read data from the transport connection.", new SocketException((int)SocketError.ConnectionReset));
        Assert.Equal("the peer reset the connection during the handshake", HandshakeFailureText.Describe(exception));
    }

    [Fact]
    public void What_is_not_known_is_told_as_the_system_said_it()
    {
        var inner = new InvalidOperationException("error:0A000999:SSL routines::something new\r\n");
        Assert.Equal("something new", HandshakeFailureText.Describe(new AuthenticationException("Authentication failed, see inner exception.", inner)));
        Assert.Equal(
            "Authentication failed, see inner exception → error:0A000999:SSL routines::something new",
            HandshakeFailureText.Cause(new AuthenticationException("Authentication failed, see inner exception.", inner)));
    }

    private static ReferenceIdentity Name(string text) =>
        ReferenceIdentity.TryParse(text, out var identity, out var error) ? identity : throw new ArgumentException(error, nameof(text));

    private static async Task<(string Client, string Server)> FailAsync(SslProtocols client, SslProtocols server)
    {
        using var issued = TestPki.Issue("mail.test");
        await using var pair = await TlsPair.ConnectAsync(Token);
        var clientOptions = new PeerVerifier(
            new PeerPolicy { Level = TlsLevel.Encrypt, Identity = Name("mail.test") }, pair.Dialled, TestPki.Clock()).CreateClientOptions();
        clientOptions.EnabledSslProtocols = client;
        var serverOptions = new SslServerAuthenticationOptions { ServerCertificate = issued.Certificate, EnabledSslProtocols = server };
        var serverSide = pair.Server.AuthenticateAsServerAsync(serverOptions, Token);
        var clientSide = pair.Client.AuthenticateAsClientAsync(clientOptions, Token);
        var serverException = await Assert.ThrowsAnyAsync<AuthenticationException>(() => serverSide);
        var clientException = await Assert.ThrowsAnyAsync<AuthenticationException>(() => clientSide);
        return (HandshakeFailureText.Describe(clientException), HandshakeFailureText.Describe(serverException));
    }
}
