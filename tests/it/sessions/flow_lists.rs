//! Sessions of records that are flows already (6.5.1 to 6.5.3).

use secgroup_replay::Mode;
use secgroup_tests::replayed::Setup;

use super::two;

#[test]
fn replies_that_come_as_records_of_their_own_join_their_session_6_5_1() {
    // The server's record comes first in one pair, the visitor's in the other.
    let setup = Setup::new(two(&["ingress accept tcp 22/22 0.0.0.0/0"], ""));
    let list = "flow_id,timestamp,src_ip,dst_ip,protocol,src_port,dst_port,packets,bytes,tcp_flags\n\
                ask,1772442000,198.51.100.7,10.0.0.1,tcp,40000,22,10,1000,2\n\
                answer,1772442000,10.0.0.1,198.51.100.7,tcp,22,40000,8,8000,18\n\
                early,1772442001,10.0.0.1,198.51.100.8,tcp,22,40000,4,400,18\n\
                late,1772442001,198.51.100.8,10.0.0.1,tcp,40000,22,6,600,2\n";
    for threads in [1, 2, 8] {
        let replayed = setup.replay_bytes(&[list.as_bytes()], threads);
        assert_eq!(
            replayed.short_rows(),
            [
                "ask accept -/rule-1:accept 18",
                "early accept -/rule-1:accept 10"
            ]
        );
        let session = replayed.report.tally.session();
        assert_eq!(
            (session.flows, session.packets, session.bytes),
            (2, 14, 8600)
        );
    }
    let packets = Setup {
        mode: Mode::ByInput,
        ..setup
    };
    let rows = packets.replay_bytes(&[list.as_bytes()], 1).short_rows();
    assert_eq!(
        rows,
        [
            "ask accept -/rule-1:accept 10",
            "answer drop default:enterprise/egress:drop/- 8",
            "early drop default:enterprise/egress:drop/- 4",
            "late accept -/rule-1:accept 6",
        ]
    );
}
