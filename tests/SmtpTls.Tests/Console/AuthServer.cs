using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SmtpTls.Tests.Console;

/// <summary>A server with TLS from the first byte that offers AUTH PLAIN, takes one message and remembers the credential.</summary>
internal sealed class AuthServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private Task _serving = Task.CompletedTask;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What AUTH PLAIN carried, decoded.</summary>
    public string? Credential { get; private set; }

    public static AuthServer Start(X509Certificate2 certificate)
    {
        var server = new AuthServer();
        server._listener.Start();
        server._serving = server.ServeAsync(certificate);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ServeAsync(X509Certificate2 certificate)
    {
        using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, _stop.Token);
        using var reader = new StreamReader(tls, Encoding.UTF8);
        await using var writer = new StreamWriter(tls, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 mail.test ESMTP");
        var inData = false;
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            var reply = inData ? (line == "." ? "250 2.0.0 Ok: queued as 7" : null) : Answer(line);
            inData = reply is null ? inData : reply.StartsWith("354", StringComparison.Ordinal);
            if (reply is not null)
            {
                await writer.WriteLineAsync(reply);
            }
        }
    }

    private string Answer(string line)
    {
        const string Plain = "AUTH PLAIN ";
        if (line.StartsWith(Plain, StringComparison.Ordinal))
        {
            Credential = Encoding.UTF8.GetString(Convert.FromBase64String(line[Plain.Length..]));
            return "235 2.7.0 Welcome";
        }

        return line.Split(' ')[0] switch
        {
            "EHLO" => "250-mail.test\r\n250 AUTH PLAIN",
            "DATA" => "354 Go ahead",
            "QUIT" => "221 2.0.0 Bye",
            _ => "250 2.0.0 Ok",
        };
    }
}
