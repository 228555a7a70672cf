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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
        ParameterizedTypeName list = ParameterizedTypeName.get(ClassName.get(List.class), COMPILED_KERNEL);
        List<CodeBlock> all = new ArrayList<>();
        List<MethodSpec> methods = new ArrayList<>();
        Map<String, List<CodeBlock>> byOperator = new LinkedHashMap<>();
        for (ReadKernel kernel : kernels) {
            String constant = constantName(kernel, all.size(), kernels);
            provider.addField(
                    FieldSpec.builder(String.class, constant, Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL)
                            .initializer(text(KernelText.print(kernel.spec())))
                            .build());
            String method = "kernel" + (all.size() + 1);
            methods.add(MethodSpec.methodBuilder(method)
                    .addModifiers(Modifier.PRIVATE, Modifier.STATIC)
                    .returns(COMPILED_KERNEL)
                    .addStatement(
                            "return new $T(\n$T.parse($N),\narguments -> $L)",
                            COMPILED_KERNEL,
                            KernelText.class,
                            constant,
                            call(type, kernel))
                    .build());
            all.add(CodeBlock.of("$N()", method));
            if (!kernel.spec().operator().isEmpty()) {
                byOperator
                        .computeIfAbsent(kernel.spec().operator(), _ -> new ArrayList<>())
                        .add(CodeBlock.of("$N()", method));
            }
        }
        provider.addMethod(
                MethodSpec.constructorBuilder().addModifiers(Modifier.PUBLIC).build());
        provider.addMethod(MethodSpec.methodBuilder("kernels")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .returns(list)
                .addStatement("return Parsed.KERNELS")
                .build());
        provider.addMethod(operators(byOperator));
        provider.addMethod(kernelsOf(byOperator, list));
        methods.forEach(provider::addMethod);
        provider.addType(TypeSpec.classBuilder("Parsed")
                .addJavadoc("Parsed when first asked for.\n")
                .addModifiers(Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL)
                .addField(FieldSpec.builder(list, "KERNELS", Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL)
                        .initializer("$T.of($>$>\n$L$<$<)", List.class, CodeBlock.join(all, ",\n"))
                        .build())
                .build());
        return JavaFile.builder(name.packageName(), provider.build())
                .indent("    ")
                .skipJavaLangImports(true)
                .build();
    }

    private static MethodSpec operators(Map<String, List<CodeBlock>> byOperator) {
        List<CodeBlock> names = byOperator.keySet().stream()
                .map(operator -> CodeBlock.of("$S", operator))
                .toList();
        return MethodSpec.methodBuilder("operators")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .returns(ParameterizedTypeName.get(List.class, String.class))
                .addStatement("return $T.of($L)", List.class, CodeBlock.join(names, ",\n"))
                .build();
    }

    /** Those of one operator, parsed apart from all others: a model has few of them. */
    private static MethodSpec kernelsOf(Map<String, List<CodeBlock>> byOperator, ParameterizedTypeName list) {
        CodeBlock.Builder cases = CodeBlock.builder().add("return switch (operator) {\n$>");
        byOperator.forEach((operator, kernels) ->
                cases.add("case $S -> $T.of($L);\n", operator, List.class, CodeBlock.join(kernels, ", ")));
        cases.add("default -> $T.of();\n$<};\n", List.class);
        return MethodSpec.methodBuilder("kernels")
                .addAnnotation(Override.class)
                .addModifiers(Modifier.PUBLIC)
                .addParameter(String.class, "operator")
                .returns(list)
                .addCode(cases.build())
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
