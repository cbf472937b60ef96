using SmtpTls.Storage.Writing;

namespace SmtpTls.Tests.Storage;

public class CompanionsTests
{
    [Fact]
    public void Who_was_in_the_last_group_or_came_meanwhile_is_expected()
    {
        var companions = new Companions(maximum: 8);
        Assert.Equal(1, companions.Expected(1));
        companions.Came(1);
        companions.Committed(group: 1, waiting: 0);

        // One caller by himself is never kept waiting.
        Assert.Equal(1, companions.Expected(1));
        companions.Came(1);
        companions.Committed(group: 2, waiting: 3);
        Assert.Equal(5, companions.Expected(1));
        companions.Came(5);
        companions.Committed(group: 10, waiting: 10);
        Assert.Equal(8, companions.Expected(1));
    }

    [Fact]
    public void Waiting_in_vain_is_tried_less_and_less_often_until_it_proves_right_again()
    {
        var companions = new Companions(maximum: 100);
        var waits = 0;
        for (var group = 0; group < 1000; group++)
        {
            companions.Committed(group: 5, waiting: 0);
            waits += companions.Expected(1) > 1 ? 1 : 0;
            companions.Came(1);
        }

        Assert.InRange(waits, 8, 25);

        // Where as many come as are expected, the next group waits for them again.
        for (var group = 0; group < 65; group++)
        {
            companions.Committed(group: 5, waiting: 0);
            var expected = companions.Expected(1);
            companions.Came(expected);
        }

        companions.Committed(group: 5, waiting: 0);
        Assert.Equal(5, companions.Expected(1));
    }
}
