using System.Net;
using System.Security.Authentication;
using SmtpTls.Cli.Configuration;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Console;

public sealed class RelayConfigurationTests : IDisposable
{
    private const string Route = """{ "domains": "*", "smartHosts": "127.0.0.1:2600", "tlsLevel": "none" }""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // The example of docs/relay.md, with a certificate beside it.
    [Fact]
    public void The_example_can_be_used()
    {
        using var authority = TestCertificateAuthority.Create();
        using var issued = authority.Issue(["mail.test"]);
        issued.ExportPem(Path.Combine(_folder.Path, "c.pem"), Path.Combine(_folder.Path, "k.pem"));
        var file = Path.Combine(_folder.Path, "relay.json");
        File.Copy(Path.Combine(RepositoryFolder.Path, "docs", "relay.json"), file);

        var read = RelayConfiguration.Read(file);
        var options = read.ToOptions(null!);

        Assert.Equal(Path.Combine(_folder.Path, "edge.queue"), read.QueuePath);
        Assert.Equal("edge", options.Name);
        Assert.Equal(Path.Combine(_folder.Path, "pickup"), options.PickupPath);
        Assert.Equal("192.0.2.0/24", Assert.Single(options.AllowFrom).ToString());
        var listener = Assert.Single(options.Listeners);
        Assert.Equal([IPAddress.Loopback], listener.Addresses);
        Assert.Equal((2525, StartTlsPolicy.Always), (listener.Port, listener.StartTls));
        Assert.Contains("mail.test", Assert.Single(listener.Certificates).Names, StringComparer.Ordinal);
        Assert.Equal(2, options.Routes.Count);
        Assert.Equal(TlsLevel.Secure, options.Routes[0].TlsLevel);
        Assert.Equal(new SmartHost("mail.partner.example", 25), Assert.Single(options.Routes[0].SmartHosts));
        Assert.Equal([1d, 5, 15, 30, 60], options.Retry.Schedule.Select(wait => wait.TotalMinutes).ToArray());
        Assert.Equal(TimeSpan.FromDays(4), options.Retry.GiveUpAfter);
    }

    [Fact]
    public void What_is_left_out_has_the_engines_default()
    {
        var options = Read($$"""{ "queuePath": "q", "routes": [ {{Route}} ] }""").ToOptions(null!);
        var usual = new SmtpRelayOptions { Store = null!, Routes = options.Routes };

        Assert.Equal(usual.ToString(), (options with { Listeners = usual.Listeners, AllowFrom = usual.AllowFrom, AllowFingerprints = usual.AllowFingerprints, NameServers = usual.NameServers }).ToString());
        Assert.Empty(options.Listeners);
    }

    [Fact]
    public void Everything_can_be_said()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "secret"), "geheim\n");
        using var authority = TestCertificateAuthority.Create();
        using var issued = authority.Issue(["client.test"]);
        issued.ExportPem(Path.Combine(_folder.Path, "c.pem"), Path.Combine(_folder.Path, "k.pem"));
        File.WriteAllText(Path.Combine(_folder.Path, "ca.pem"), authority.Certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder.Path, "users"), $"# users\n{UserDirectory.HashLine(new NetworkCredential("b", "x"))}\n");
        var read = Read($$"""
            { "queuePath": "q", "drainTime": "PT2M", "trackingRetention": "P7D", "nameServers": ["192.0.2.53", "[2001:db8::53]:5353"], "allowFrom": "192.0.2.7",
              "routes": [ { "domains": ["a.test"], "smartHosts": ["smart.test:587"], "tlsMode": "startTls", "tlsLevel": "VERIFY", "tlsIdentity": "address", "serverName": "other.test",
                            "trustedCertificates": "ca.pem", "protocols": ["tls12", "tls13"], "clientCertificate": "c.pem", "clientKey": "k.pem",
                            "credential": { "userName": "CONTOSO\\u", "passwordFile": "secret" } },
                          { "domains": ["b.test"], "port": 2525, "tlsLevel": "fingerprint", "fingerprints": "{{new string('a', 64)}}" } ],
              "listeners": [ { "name": "in", "port": 0, "tlsMode": "implicit", "certificate": ["c.pem"], "key": ["k.pem"], "requireAuthentication": true, "clientCertificate": "request",
                               "users": [ { "name": "a", "passwordFile": "secret" } ], "usersFile": "users",
                               "limits": { "maximumMessageSize": 1000000, "commandTimeout": "30s" } } ],
              "delivery": { "connections": 7, "idleTime": "1s" }, "timeouts": { "connect": "3s" }, "retry": { "jitter": 0.2 } }
            """);
        var options = read.ToOptions(null!);

        Assert.Equal(TimeSpan.FromMinutes(2), read.DrainTime);
        Assert.Equal(TimeSpan.FromDays(7), options.TrackingRetention);
        Assert.Equal("192.0.2.53:53 [2001:db8::53]:5353", string.Join(' ', options.NameServers));
        Assert.Equal("192.0.2.7/32", Assert.Single(options.AllowFrom).ToString());
        var route = options.Routes[0];
        Assert.Equal((TlsLevel.Verify, TlsIdentity.Address, "other.test"), (route.TlsLevel, route.TlsIdentity, route.ServerName));
        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, route.Protocols);
        Assert.True(route.ClientCertificate!.HasPrivateKey);
        Assert.Single(route.TrustedCertificates);
        Assert.Equal((@"CONTOSO\u", "geheim", ""), (route.Credential!.UserName, route.Credential.Password, route.Credential.Domain));
        Assert.Equal(2525, options.Routes[1].Port);
        var listener = Assert.Single(options.Listeners);
        Assert.Equal((1_000_000, TimeSpan.FromSeconds(30), 1_000), (listener.Limits.MaximumMessageSize, listener.Limits.CommandTimeout, listener.Limits.MaximumRecipients));
        Assert.Equal("a b", string.Join(' ', Assert.IsType<UserDirectory>(listener.Users).Users.Order(StringComparer.Ordinal)));
        Assert.Equal((7, TimeSpan.FromSeconds(1), 20), (options.Delivery.Connections, options.Delivery.IdleTime, options.Delivery.ConnectionsPerNextHop));
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(10)), (options.Timeouts.Connect, options.Timeouts.FinalReply));
        Assert.Equal(0.2, options.Retry.Jitter);
    }

    public static TheoryData<string, string, string> Wrong() => new()
    {
        { "", "line 1, column 1: that is not JSON", "missing comma" },
        { "{ \"queuePath\": \"q\",\n \"routes\": [ ] // no\n }", "line 2, column 16: that is not JSON", "comments" },
        { "[]", "$: an object is expected here, not a list.", "name, queuePath" },
        { "{}", "$: the key 'queuePath' is missing.", "docs/relay.md" },
        { """{ "queuePath": "q", "routes": [ROUTE], "alowFrom": [] }""", "$: 'alowFrom' is no key here. Was 'allowFrom' meant?", "Known keys are $schema, name" },
        { """{ "queuePath": "q", "routes": [ROUTE], "Name": "x" }""", "$: 'Name' is no key here. Was 'name' meant?", "Known keys" },
        { """{ "queuePath": "q", "routes": [ROUTE], "xyzzy": 1 }""", "$: 'xyzzy' is no key here.", "Known keys" },
        { """{ "queuePath": "q", "queuePath": "r", "routes": [ROUTE] }""", "$.queuePath: the key is there twice.", "Keep one" },
        { """{ "queuePath": 7, "routes": [ROUTE] }""", "$.queuePath: 7 cannot be used here.", "a text in quotes" },
        { """{ "queuePath": "", "routes": [ROUTE] }""", "$.queuePath: the path is empty", "Give a path" },
        { """{ "queuePath": "q", "routes": {} }""", "$.routes: a list is expected here, not an object.", "[ { … } ]" },
        { """{ "queuePath": "q", "routes": [] }""", "$.routes: There is no route", "Give one route at least" },
        { """{ "queuePath": "q", "routes": [ROUTE, ROUTE] }""", "$.routes: Route 2 (*): the domain '*' has a route already, route 1.", "in one route" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "tlsLevel": "securr" }] }""", "$.routes[0].tlsLevel: 'securr' is none of its values. Was 'secure' meant?", "Give one of none, opportunistic, encrypt, fingerprint, verify, secure" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "tlsLevel": 5 }] }""", "$.routes[0].tlsLevel: 5 cannot be used here.", "Give one of none" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "tlsLevel": "5" }] }""", "$.routes[0].tlsLevel: '5' is none of its values.", "Give one of none" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "port": 0 }] }""", "$.routes[0].port: 0 cannot be used here.", "from 1 to 65535" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "port": "25" }] }""", "$.routes[0].port: '25' cannot be used here.", "without quotes" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "smartHosts": ["a.test", "b:c:d"] }] }""", "$.routes[0].smartHosts[1]: 'b:c:d' is no smart host", "Give a host name" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "protocols": ["ssl3"] }] }""", "$.routes[0].protocols[0]: 'ssl3' is none of its values.", "tls12, tls13" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "clientKey": "k.pem" }] }""", "$.routes[0]: clientKey or a password", "clientCertificate" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "trustedCertificates": "nowhere.pem" }] }""", "$.routes[0].trustedCertificates: The certificate file", "PEM or CER" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "credential": { "userName": "u", "password": "hunter2" } }] }""", "$.routes[0].credential.password: a password does not stand in this file.", "passwordEnvironment" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "credential": { "userName": "u" } }] }""", "$.routes[0].credential: there is no password.", "passwordEnvironment" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "credential": { "userName": "u", "passwordEnvironment": "SMTPTLS_NOBODY_SETS_THIS" } }] }""", "$.routes[0].credential.passwordEnvironment: the environment variable 'SMTPTLS_NOBODY_SETS_THIS' is not set", "name of a variable" },
        { """{ "queuePath": "q", "routes": [{ "domains": "*", "credential": { "userName": "u", "passwordFile": "nowhere" } }] }""", "$.routes[0].credential.passwordFile: the file", "may read the file" },
        { """{ "queuePath": "q", "routes": [ROUTE], "allowFrom": ["192.0.2.1/24"] }""", "$.allowFrom[0]: '192.0.2.1/24' is no network.", "192.0.2.0/24" },
        { """{ "queuePath": "q", "routes": [ROUTE], "nameServers": ["ns.test"] }""", "$.nameServers[0]: 'ns.test' is no name server.", "Give its address" },
        { """{ "queuePath": "q", "routes": [ROUTE], "hostName": "a b" }""", "$.hostName: 'a b' is not a host name", "mail.contoso.com" },
        { """{ "queuePath": "q", "routes": [ROUTE], "name": " " }""", "$.name: the name is empty", "such as edge" },
        { """{ "queuePath": "q", "routes": [ROUTE], "trackingRetention": "1y" }""", "$.trackingRetention: '1y' is no length of time.", "\"30s\", \"5m\", \"4h\", \"4d\"" },
        { """{ "queuePath": "q", "routes": [ROUTE], "trackingRetention": 30 }""", "$.trackingRetention: 30 is no length of time.", "PT30S" },
        { """{ "queuePath": "q", "routes": [ROUTE], "timeouts": { "connect": "0s" } }""", "$.timeouts.connect: the time is zero", "above zero" },
        { """{ "queuePath": "q", "routes": [ROUTE], "retry": { "schedule": "1m" } }""", "$.retry.schedule: a list is expected here, not '1m'.", "[\"1m\"" },
        { """{ "queuePath": "q", "routes": [ROUTE], "retry": { "schedule": ["1m", "x"] } }""", "$.retry.schedule[1]: 'x' is no length of time.", "30s" },
        { """{ "queuePath": "q", "routes": [ROUTE], "retry": { "jitter": 3 } }""", "$.retry: The retry option Jitter must be between 0 and 0.5.", "Leave it out" },
        { """{ "queuePath": "q", "routes": [ROUTE], "delivery": { "connections": 0 } }""", "$.delivery.connections: 0 cannot be used here.", "from 1" },
        { """{ "queuePath": "q", "routes": [ROUTE], "delivery": { "connections": 3000000000 } }""", "$.delivery.connections: 3000000000 cannot be used here.", "from 1" },
        { """{ "queuePath": "q", "routes": [ROUTE], "listeners": [{ "requireTls": "yes" }] }""", "$.listeners[0].requireTls: 'yes' cannot be used here.", "true or false" },
        { """{ "queuePath": "q", "routes": [ROUTE], "listeners": [{ "tlsMode": "implicit" }] }""", "$.listeners[0]: Implicit TLS needs a certificate.", "Give one" },
        { """{ "queuePath": "q", "routes": [ROUTE], "listeners": [{ "address": "eth0" }] }""", "$.listeners[0].address: 'eth0' is no IP address.", "127.0.0.1" },
        { """{ "queuePath": "q", "routes": [ROUTE], "listeners": [{ "certificate": ["a", "b"], "key": "k" }] }""", "$.listeners[0]: there are 2 certificates and 1 keys.", "one key a certificate" },
        { """{ "queuePath": "q", "routes": [ROUTE], "listeners": [{ "certificate": "nowhere.pem" }] }""", "$.listeners[0].certificate: ", "" },
        { """{ "queuePath": "q", "routes": [ROUTE], "listeners": [{ "users": [{ "name": "u", "passwordHash": "x" }] }] }""", "$.listeners[0].users[0]: The hash in line 1", "" },
        { """{ "queuePath": "q", "routes": [ROUTE], "listeners": [{ "users": [{ "name": "u" }] }] }""", "$.listeners[0].users[0]: there is no password.", "passwordHash" },
        { """{ "queuePath": "q", "routes": [ROUTE], "listeners": [{ "users": [] }] }""", "$.listeners[0]: there are no users", "leave users" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_cannot_be_used_is_refused_with_its_place_and_what_may_stand_there(string text, string message, string advice)
    {
        var failure = Assert.Throws<SmtpException>(() => Read(text.Replace("ROUTE", Route, StringComparison.Ordinal))).Failure;

        Assert.Contains($"relay.json: {message}", failure.Message, StringComparison.Ordinal);
        Assert.Contains(advice, failure.Advice, StringComparison.Ordinal);
        Assert.True(failure.Code is FindingCode.InvalidInput or FindingCode.CertificateUnusable);
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    [Fact]
    public void A_file_with_a_byte_order_mark_is_read() =>
        Assert.Equal(1, Read($$"""{{'\uFEFF'}}{ "queuePath": "q", "routes": [ {{Route}} ] }""").Counts.Routes);

    private RelayConfiguration Read(string text)
    {
        var path = Path.Combine(_folder.Path, "relay.json");
        File.WriteAllText(path, text);
        return RelayConfiguration.Read(path);
    }
}
