using System.Net;
using SmtpTls.Net;
using SmtpTls.Probe;

namespace SmtpTls.Tests.Probe;

public class SystemLocalMachineTests
{
    [Theory]
    [InlineData("127.0.0.1 192.0.2.1 ::1 2001:db8::1 fe80::1 169.254.1.1 192.0.2.1", "192.0.2.1 2001:db8::1")]
    [InlineData("127.0.0.1 ::1 ::ffff:127.0.0.1", "")]
    [InlineData("127.0.0.1 fe80::1 169.254.1.1", "fe80::1 169.254.1.1")]
    public void Loopback_is_never_chosen_and_link_local_only_for_want_of_others(string all, string chosen) => Assert.Equal(
        chosen.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse),
        SystemLocalMachine.Choose(all.Split(' ').Select(IPAddress.Parse)));

    [Fact]
    public void This_machine_has_a_name_and_no_loopback_address()
    {
        var machine = new SystemLocalMachine();

        Assert.NotEmpty(machine.HostNames);
        Assert.Equal(machine.HostNames.Distinct(), machine.HostNames);
        Assert.All(machine.Addresses, a => Assert.False(LoopbackRule.IsLoopback(a)));
    }
}
