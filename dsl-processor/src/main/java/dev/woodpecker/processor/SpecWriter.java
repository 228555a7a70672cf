package dev.woodpecker.processor;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeSpec;
import dev.woodpecker.compiler.expr.KernelProvider;
import dev.woodpecker.compiler.expr.KernelText;
import dev.woodpecker.processor.KernelReader.ReadKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import javax.lang.model.element.Element;
import javax.lang.model.element.Modifier;
import org.eclipse.jdt.core.dom.ITypeBinding;

/** Writes the provider of one class's kernels: {@code ConvolutionKernels} for {@code Convolution}. */
final class SpecWriter {
    /** A string constant in a class file has at most 65535 bytes; kernel text is ASCII. */
    private static final int CONSTANT_CHARACTERS = 60_000;

    private static final ClassName COMPILED_KERNEL = ClassName.get(KernelProvider.CompiledKernel.class);
    static final String GENERATED = "javax.annotation.processing.Generated";

    private final boolean hasGeneratedAnnotation;

    /** With {@code hasGeneratedAnnotation} the class is marked {@code @Generated}, where the module can see that. */
    SpecWriter(boolean hasGeneratedAnnotation) {
        this.hasGeneratedAnnotation = hasGeneratedAnnotation;
    }

    /** The name of the provider of a class: nested classes are joined by {@code _}. */
    static ClassName providerName(ITypeBinding type) {
        return providerName(type.getPackage().getName(), type.getQualifiedName());
    }

    static ClassName providerName(String packageName, String className) {
        String nested = packageName.isEmpty() ? className : className.substring(packageName.length() + 1);
        return ClassName.get(packageName, nested.replace('.', '_') + "Kernels");
    }

    JavaFile provider(ITypeBinding type, List<ReadKernel> kernels, Element origin) {
        ClassName name = providerName(type);
        TypeSpec.Builder provider = TypeSpec.classBuilder(name)
                .addJavadoc("The kernels of {@link $T}.\n", className(type))
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addSuperinterface(KernelProvider.class)
                .addOriginatingElement(origin);
        if (hasGeneratedAnnotation) {
            provider.addAnnotation(com.palantir.javapoet.AnnotationSpec.builder(ClassName.bestGuess(GENERATED))
                    .addMember("value", "$S", KernelProcessor.class.getName())
                    .build());
        }
        List<CodeBlock> compiled = new ArrayList<>();
        for (ReadKernel kernel : kernels) {
            String constant = constantName(kernel, compiled.size(), kernels);
            provider.addField(
                    FieldSpec.builder(String.class, constant, Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL)
                            .initializer(text(KernelText.print(kernel.spec())))
                            .build());
            compiled.add(CodeBlock.of(
                    "new $T(\n$>$>$T.parse($N),\narguments -> $L$<$<)",
                    COMPILED_KERNEL,
                    KernelText.class,
                    constant,
                    call(type, kernel)));
        }
        provider.addMethod(
                MethodSpec.constructorBuilder().addModifiers(Modifier.PUBLIC).build());
        ParameterizedTypeName list = ParameterizedTypeName.get(ClassName.get(List.class), COMPILED_KERNEL);
        provider.addMethod(MethodSpec.methodBuilder("kernels")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .returns(list)
                .addStatement("return Parsed.KERNELS")
                .build());
        provider.addType(TypeSpec.classBuilder("Parsed")
                .addJavadoc("Parsed when first asked for.\n")
                .addModifiers(Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL)
                .addField(FieldSpec.builder(list, "KERNELS", Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL)
                        .initializer("$T.of($>$>\n$L$<$<)", List.class, CodeBlock.join(compiled, ",\n"))
                        .build())
                .build());
        return JavaFile.builder(name.packageName(), provider.build())
                .indent("    ")
                .skipJavaLangImports(true)
                .build();
    }

    private static ClassName className(ITypeBinding type) {
        if (type.getDeclaringClass() != null) {
            return className(type.getDeclaringClass()).nestedClass(type.getName());
        }
        return ClassName.get(type.getPackage().getName(), type.getName());
    }

    /** {@code CONV2D}; overloads are numbered. */
    private static String constantName(ReadKernel kernel, int position, List<ReadKernel> kernels) {
        String method = kernel.method().getName().getIdentifier();
        long before = kernels.subList(0, position).stream()
                .filter(other -> other.method().getName().getIdentifier().equals(method))
                .count();
        String name = method.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
        return before == 0 ? name : name + "_" + (before + 1);
    }

    private static CodeBlock call(ITypeBinding type, ReadKernel kernel) {
        ITypeBinding[] parameters = kernel.method().resolveBinding().getParameterTypes();
        List<CodeBlock> arguments = IntStream.range(0, parameters.length)
                .mapToObj(i -> argument(parameters[i], i))
                .toList();
        return CodeBlock.of(
                "$T.$N($L)",
                className(type),
                kernel.method().getName().getIdentifier(),
                CodeBlock.join(arguments, ", "));
    }

    /** Numbers come in any box. */
    private static CodeBlock argument(ITypeBinding type, int position) {
        return switch (type.getName()) {
            case "float", "int", "long" ->
                CodeBlock.of("(($T) arguments[$L]).$LValue()", Number.class, position, type.getName());
            case "boolean" -> CodeBlock.of("($T) arguments[$L]", Boolean.class, position);
            case "int[]", "float[]" -> CodeBlock.of("($L) arguments[$L]", type.getName(), position);
            default -> {
                String suffix = type.isArray() ? "[]" : "";
                yield CodeBlock.of(
                        "($T$L) arguments[$L]",
                        className(type.getErasure().isArray() ? type.getElementType() : type),
                        suffix,
                        position);
            }
        };
    }

    /** A text block, or several joined where the text is too long for one constant. */
    private static CodeBlock text(String text) {
        List<CodeBlock> blocks = new ArrayList<>();
        StringBuilder block = new StringBuilder();
        for (String line : text.split("(?<=\n)")) {
            if (block.length() + line.length() > CONSTANT_CHARACTERS) {
                blocks.add(block(block.toString()));
                block.setLength(0);
            }
            block.append(line);
        }
        blocks.add(block(block.toString()));
        return blocks.size() == 1
                ? blocks.getFirst()
                : CodeBlock.of("$T.join(\"\", $L)", String.class, CodeBlock.join(blocks, ", "));
    }

    private static CodeBlock block(String text) {
        String escaped = text.replace("\\", "\\\\").replace("\"\"\"", "\\\"\"\"");
        return CodeBlock.of("$L", "\"\"\"\n" + escaped + "\"\"\"");
    }
}
