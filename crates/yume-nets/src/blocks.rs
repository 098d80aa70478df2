//! How the blocks of a network come to the device that runs them.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// Where the blocks of a network are.
#[derive(Clone, Debug)]
pub(crate) enum Passage {
    /// On the device, all the time.
    Resident,
    /// At rest elsewhere; they pass through this device one by one.
    Streamed(Device),
}

impl Passage {
    /// Carries `x` through `blocks`, in order.
    ///
    /// A device works behind the thread that asks it to: the next block is sent while it computes with
    /// the one before, so that two of them are there at once.
    pub(crate) fn carry<B: Module, T>(
        &self,
        blocks: &[B],
        mut x: T,
        mut through: impl FnMut(T, usize, &B) -> T,
    ) -> T {
        match self {
            Self::Resident => {
                for (i, block) in blocks.iter().enumerate() {
                    x = through(x, i, block);
                }
            }
            Self::Streamed(device) => {
                let send = |block: &B| block.clone().to_device(device);
                let mut sent = blocks.iter().map(send).enumerate().peekable();
                while let Some((i, block)) = sent.next() {
                    x = through(x, i, &block);
                    sent.peek();
                }
            }
        }
        x
    }

    /// A tensor from where blocks rest, on the device.
    pub(crate) fn bring<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Resident => x,
            Self::Streamed(device) => x.to_device(device),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use burn::module::{
        Content, Devices, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor,
    };

    use super::*;

    /// Blocks on the device: how many now, and how many at most.
    #[derive(Debug, Default)]
    struct Count {
        now: AtomicUsize,
        most: AtomicUsize,
    }

    /// A block that knows whether it was sent.
    #[derive(Debug)]
    struct Sent {
        number: usize,
        count: Arc<Count>,
        is_there: bool,
    }

    impl Clone for Sent {
        fn clone(&self) -> Self {
            Self { number: self.number, count: Arc::clone(&self.count), is_there: false }
        }
    }

    impl Drop for Sent {
        fn drop(&mut self) {
            self.count.now.fetch_sub(usize::from(self.is_there), Relaxed);
        }
    }

    impl Module for Sent {
        fn collect_devices(&self, devices: Devices) -> Devices {
            devices
        }

        fn visit<V: ModuleVisitor>(&self, _: &mut V) {}

        fn map<M: ModuleMapper>(self, _: &mut M) -> Self {
            self
        }

        fn fork(self, _: &Device) -> Self {
            self
        }

        fn to_device(mut self, _: &Device) -> Self {
            self.is_there = true;
            let now = self.count.now.fetch_add(1, Relaxed) + 1;
            self.count.most.fetch_max(now, Relaxed);
            self
        }

        fn train(self) -> Self {
            self
        }

        fn valid(&self) -> Self {
            self.clone()
        }

        fn materialize(self) -> Self {
            self
        }
    }

    impl ModuleDisplay for Sent {}

    impl ModuleDisplayDefault for Sent {
        fn content(&self, _: Content) -> Option<Content> {
            None
        }
    }

    #[test]
    fn blocks_pass_through_the_device_in_order_and_two_at_a_time() {
        let streamed = || Passage::Streamed(Device::flex());
        for (passage, count, most) in [
            (Passage::Resident, 5, 0),
            (streamed(), 5, 2),
            (streamed(), 2, 2),
            (streamed(), 1, 1),
            (streamed(), 0, 0),
        ] {
            let on_device = Arc::new(Count::default());
            let block = |number| Sent { number, count: Arc::clone(&on_device), is_there: false };
            let blocks: Vec<Sent> = (0..count).map(block).collect();
            let order = passage.carry(&blocks, Vec::new(), |mut order, i, block| {
                assert_eq!(block.is_there, most > 0, "{passage:?}");
                assert_eq!(block.number, i);
                order.push(i);
                order
            });
            assert_eq!(order, (0..count).collect::<Vec<_>>(), "{passage:?}");
            assert_eq!(on_device.most.load(Relaxed), most, "{passage:?}, {count} blocks");
            assert_eq!(on_device.now.load(Relaxed), 0, "blocks stay on the device");
        }
    }
}
