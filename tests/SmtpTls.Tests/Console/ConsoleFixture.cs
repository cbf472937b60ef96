using System.Net;

namespace SmtpTls.Tests.Console;

/// <summary>A listener of this process for mail.test, and the files that a client of it needs. One for each test.</summary>
internal sealed class ConsoleFixture : IAsyncDisposable
{
    private readonly TestCertificateAuthority _authority = TestCertificateAuthority.Create();
    private readonly List<IDisposable> _issued = [];
    private readonly List<SmtpListener> _listeners = [];

    public ConsoleFixture()
    {
        Folder = Directory.CreateTempSubdirectory("smtptls-console-").FullName;
        AuthorityFile = File("ca.pem");
        System.IO.File.WriteAllText(AuthorityFile, _authority.Certificate.ExportCertificatePem());
    }

    public string Folder { get; }

    /// <summary>The CA's certificate, for --ca.</summary>
    public string AuthorityFile { get; }

    public string File(string name) => Path.Combine(Folder, name);

    public IssuedCertificate Issue(params string[] names)
    {
        var issued = _authority.Issue(names);
        _issued.Add(issued);
        return issued;
    }

    /// <summary>Listens on loopback, at a port that the system chose.</summary>
    public SmtpListener Listen(StartTlsPolicy startTls = StartTlsPolicy.Always, TlsMode mode = TlsMode.StartTls, params string[] names)
    {
        var listener = SmtpListener.Start(new SmtpListenerOptions
        {
            HostName = "mail.test",
            Addresses = [IPAddress.Loopback],
            StartTls = startTls,
            TlsMode = mode,
            Certificates = [Issue(names.Length == 0 ? ["mail.test"] : names).ToListenerCertificate()],
        });
        _listeners.Add(listener);
        return listener;
    }

    /// <summary>The options that lead to a listener of this machine under the name that its certificate carries.</summary>
    public string[] Send(SmtpListener listener, params string[] more) =>
    [
        "send", "--server", "mail.test", "--address", "127.0.0.1", "--port", $"{listener.Port}", "--ca", AuthorityFile,
        "--from", "a@test", "--to", "b@test", .. more,
    ];

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }

        _issued.ForEach(i => i.Dispose());
        _authority.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
