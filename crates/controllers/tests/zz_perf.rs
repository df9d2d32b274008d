mod harness;
use controllers::statefulset::StatefulSetController;
#[test]
fn perf() {
    let mut c = harness::Cluster::new(
        Default::default(),
        vec![
            Box::new(StatefulSetController),
            Box::<controllers::endpointslice::EndpointSliceController>::default(),
            Box::new(controllers::garbagecollector::GarbageCollector),
            Box::<controllers::volume::persistentvolume::PersistentVolumeController>::default(),
            Box::new(controllers::volume::pvc_protection::PvcProtectionController),
        ],
    );
    let n: i64 = std::env::var("N").unwrap().parse().unwrap();
    c.create(serde_json::json!({"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{"clusterIP":"None","selector":{"app":"web"},"ports":[{"port":80}]}}));
    c.create(serde_json::json!({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web"},"spec":{"replicas":n,"serviceName":"web","podManagementPolicy":std::env::var("P").unwrap(),"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"a"}]}}}}));
    let t = std::time::Instant::now();
    let mut syncs = 0u64;
    let mut sync_t = std::time::Duration::ZERO;
    loop {
        let s = std::time::Instant::now();
        let w = c.sync();
        sync_t += s.elapsed();
        if w {
            syncs += 1;
            continue;
        }
        if !c.kubelet() {
            break;
        }
    }
    println!("{n}: {:?} total, {:?} in {syncs} syncs", t.elapsed(), sync_t);
}
