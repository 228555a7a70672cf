package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import java.lang.reflect.Proxy;

/** The driver of a device that is not there: knows what such devices are like, and refuses all else. */
final class PaperDriver {
    private static final long MEMORY_BYTES = 80L << 30;

    private PaperDriver() {}

    static CudaDriver of(Target target) {
        DeviceFacts facts = facts(target);
        return (CudaDriver) Proxy.newProxyInstance(
                PaperDriver.class.getClassLoader(),
                new Class<?>[] {CudaDriver.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "facts" -> facts;
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "toString" -> facts.name();
                    default ->
                        throw CudaException.missing(
                                method.getName() + ": there is no device, code is only made for " + target.name());
                });
    }

    private static DeviceFacts facts(Target target) {
        int capability = Integer.parseInt(target.architecture().replaceAll("\\D", ""));
        return new DeviceFacts(
                0,
                target.name() + " on paper",
                capability / 10,
                capability % 10,
                0,
                MEMORY_BYTES,
                target.units(),
                0,
                0,
                0,
                target.nearBytes(),
                CudaDriver.SHARED_BYTES,
                Math.toIntExact(target.fastBytes()),
                Math.toIntExact(target.fastBytes()),
                65536,
                2048);
    }
}
